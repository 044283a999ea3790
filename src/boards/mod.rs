//! Where tasks live. A provider is a folder with one [`Board`]; `app/boards.rs` says which one a workspace works on.

mod board;
mod by_workspace;
mod error;
mod local;

pub use board::{Board, Changes, Created, Cursor, Entail};
pub use by_workspace::Boards;
pub use error::{BoardCause, BoardError};
pub use local::{LocalBoard, sample_tasks};
