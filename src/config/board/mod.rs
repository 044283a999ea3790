//! Which board the agents work and how long they hold a task; what only one kind of board asks for has a file
//! of its own.

mod local;
mod settings;

pub use local::LocalBoardSettings;
pub use settings::{BoardProvider, BoardSettings};
