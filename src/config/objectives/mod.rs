//! What the gateway promises: which share of calls it answers, and how soon. Whether it keeps to it is for metrics to tell.

mod settings;
mod share;

pub use settings::{LATENCY_BOUNDS_MS, ObjectiveSettings};
pub use share::Share;
