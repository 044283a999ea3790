//! What requests share: the services behind the pages, and what is open.

mod app_state;
mod legacy_streams;
mod open_connections;

pub use app_state::{Gate, GateParts, Readiness};
pub use legacy_streams::Peer;
pub use open_connections::{Live, OpenStreams, Opener, Way};
