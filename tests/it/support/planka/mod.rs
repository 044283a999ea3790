//! A Planka on loopback, built from recorded answers of the real server 2.1.1, with what a test puts there: it answers the addresses
//! that are asked, as whoever a key or a token is of; keeps what it heard and would send to webhooks; and fails as it is told to.

mod access;
mod place;
mod reads;
mod records;
mod server;
mod world;
mod writes;

pub use place::{PlankaPlace, STATUS_LISTS};
pub use server::FakePlanka;
pub use world::{Edition, Secrets};
