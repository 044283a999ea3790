//! The pages, one a file: its query, what it shows, and its handler.

pub mod agent;
pub mod agents;
pub mod board;
pub(super) mod cards;
pub mod connect;
pub mod figures;
pub mod find;
pub mod health_rows;
pub mod key;
pub(super) mod key_names;
pub mod keys;
pub mod made_key;
pub mod me;
pub mod new_key;
pub mod overview;
pub mod sign_in;
pub mod tasks;
