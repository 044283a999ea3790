//! What others tell the gateway by themselves. Who they are is proven by a signature of what they send, not by a key.

pub mod github;
mod payload;
mod signed_delivery;

#[cfg(feature = "fuzzing")]
pub use payload::webhook_url;
