//! SQLite: a file in WAL mode shared by any number of processes, or memory.
//!
//! One thread writes; it commits what is queued as one transaction, a savepoint each. Readers have connections of
//! their own.

mod access;
mod audit;
mod claims;
mod connections;
mod effects;
mod events;
mod history;
mod identities;
mod links;
mod local_board;
mod outbox;
mod row;
mod schema;
mod time;
mod usage;

pub use connections::{SqliteStore, back_up, count};
