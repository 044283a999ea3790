//! What others tell the gateway by themselves. Who they are is proven by a secret of the webhook, not by a key.

mod delivery;
pub mod github;
mod headers;
pub mod linear;
mod payload;
pub mod planka;
mod signed_body;
mod signed_delivery;

#[cfg(feature = "fuzzing")]
pub use payload::webhook_url;
