//! Connections to one database file: the one that writes, those that read, the one that brings the log in.

mod backup;
mod checkpoints;
mod counted;
mod database;
mod readers;
mod writer;

pub use backup::{back_up, count};
pub use database::SqliteStore;
