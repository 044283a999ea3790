//! SQLite: a file in WAL mode shared by any number of processes, or memory.
//!
//! One thread writes; it commits what is queued as one transaction, a savepoint each. Readers have connections of
//! their own.

mod audit;
mod changes;
mod claims;
mod connections;
mod effects;
mod events;
mod identities;
mod keys;
mod links;
mod outbox;
mod row;
mod schema;
mod sessions;
mod tasks;
mod time;
mod usage;
mod webhooks;

pub use connections::{SqliteStore, back_up};
