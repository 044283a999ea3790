//! Where tasks live. A provider is a folder with one [`Board`].

mod board;
mod local;

pub use board::{Board, BoardError, Changes, Cursor};
pub use local::{LocalBoard, sample_tasks};
