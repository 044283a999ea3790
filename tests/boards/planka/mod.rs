//! Planka as a board, and the fake Planka that it is tested against.

mod hidden;
mod host;
mod keeps;
mod outages;
mod person;
mod places;
mod reading;
mod real;
mod recorded;
mod setup;
mod signing_in;
mod writing;
