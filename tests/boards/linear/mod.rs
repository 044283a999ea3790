//! Linear as a board, and the fake Linear that it is tested against.

mod documents;
mod keeps;
mod person;
mod setup;
