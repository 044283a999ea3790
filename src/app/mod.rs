//! The composition root: settings -> stores, boards, services -> transports.

mod anchor;
mod audit_head;
mod background;
mod boards;
mod error;
mod first_start;
mod follower;
mod foundation;
mod interactions;
mod notices;
mod secret_check;
mod snippets;
mod stores;
mod timekeeper;

pub use audit_head::read_audit_head;
pub use error::StartError;
pub use first_start::{FirstKey, Shown, first_start};
pub use foundation::{Foundation, features};
pub use snippets::{Client, snippet, stdio_snippet};
pub use stores::{back_up, must_be_there};
