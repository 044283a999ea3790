//! The built-in board, kept in our own store.

mod board;
mod error;
mod sample;

pub use board::LocalBoard;
pub use sample::sample_tasks;
