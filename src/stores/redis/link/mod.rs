//! The link to the server: one connection that all commands share, kept by a task of its own, and why it cannot be used.

mod address;
mod connection;
mod fault;
mod greeting;
mod hearing;
mod keeper;
mod presence;
mod writer;

pub use {
    address::{AddressFault, RedisAddress},
    fault::LinkFault,
};
pub(super) use {
    connection::{RedisLink, Unanswered},
    fault::failure,
    keeper::kept_link,
    presence::Presence,
    writer::Writer,
};
