//! SQLite: a file in WAL mode shared by any number of processes, or memory.
//!
//! One thread writes; it commits what is queued as one transaction, a savepoint each. Readers have connections of
//! their own.

mod audit;
mod backup;
mod changes;
mod checkpoints;
mod claims;
mod database;
mod effects;
mod events;
mod keys;
mod links;
mod outbox;
mod readers;
mod row;
mod schema;
mod sessions;
mod tasks;
mod time;
mod usage;
mod writer;

pub use backup::back_up;
pub use database::SqliteStore;
