//! Resources: what a client can read, watch and attach without calling a tool.

mod board;
mod board_text;
mod provider;

pub use board::{BOARD_URI, BoardResources, task_uri};
pub use provider::{ResourceError, ResourceListing, ResourceProvider, TemplateListing};
