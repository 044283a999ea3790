//! A running gateway, and who uses it.

mod board;
mod browser;
mod caller;
mod clock;
mod collector;
mod gateway;
#[expect(dead_code, unused_imports, reason = "the tests of reviews use it bit by bit")]
pub mod github;
pub mod issues;
mod keys;
pub mod known;
#[expect(dead_code, unused_imports, reason = "it is used bit by bit")]
pub mod linear;
mod metrics;
#[expect(dead_code, unused_imports, reason = "it is used bit by bit")]
pub mod planka;
mod transcript;
mod webhook;

pub use board::{lines, next, person, rows, settled, within_two_seconds};
pub use browser::{Browser, anonymous, urlencoded};
pub use caller::{Answer, Caller, first_event, http, modern_meta};
pub use clock::pass_seconds;
pub use collector::{Collector, Takes, attributes, hex};
pub use gateway::{
    ADMIN, BEYOND_LOOPBACK, BINARY, Gateway, KEY, METRICS_TOKEN, OTHER_KEY, WEBHOOK_SECRET, command,
    outside_address,
};
pub use keys::{admin, create_key, revoke_key, send, with_admin};
pub use metrics::MetricsPage;
pub use transcript::hold_transcript;
pub use webhook::webhook_signature;
