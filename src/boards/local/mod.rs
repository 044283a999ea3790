//! The built-in board, kept in our own store.

mod provider;
mod sample;

pub use provider::LocalProvider;
pub use sample::sample_tasks;
