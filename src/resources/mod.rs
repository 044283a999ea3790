//! Resources: what a client can read, watch and attach without calling a tool.

mod all;
mod board;
mod board_text;
mod provider;
mod pull_requests;

pub use all::GatewayResources;
pub use board::{BOARD_URI, BoardResources, task_uri};
pub use provider::{ResourceError, ResourceListing, ResourceProvider, TemplateListing};
pub use pull_requests::{PullRequestResources, pull_request_of};
