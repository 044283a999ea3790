//! Connections: accepting them, how long each may take, how many there may be.

mod connection;
mod connection_phase;
mod few;
mod reserve;
mod scrapes;
mod serve;
mod socket_timeouts;
mod waiting;

pub use serve::{Bound, Serving, bind};
