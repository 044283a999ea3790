//! What requests share, and what is known of each: the services behind the pages, what is open, the facts of a request.

mod app_state;
mod legacy_streams;
mod open_connections;
mod request_info;

pub use app_state::{AppState, HttpParts, Readiness, ServiceInfo};
pub use legacy_streams::{LegacyStreams, Peer};
pub use open_connections::{Live, OpenStreams, Opener, Way};
pub use request_info::{CallerName, RequestInfo};
