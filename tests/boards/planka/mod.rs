//! Planka as a board, and the fake Planka that it is tested against.

mod keeps;
mod person;
mod places;
mod reading;
mod setup;
mod signing_in;
mod writing;
