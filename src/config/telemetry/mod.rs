//! What is told of the gateway, and where: its log, its metrics, its traces.

mod pairs;
mod settings;
mod traces;

pub use settings::{LogFormat, TelemetrySettings};
pub use traces::{TraceSampler, TraceSettings};
