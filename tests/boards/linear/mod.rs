//! Linear as a board, and the fake Linear that it is tested against.

mod credentials;
mod documents;
mod host;
mod keeps;
mod outages;
mod person;
mod reading;
mod setup;
mod writing;
