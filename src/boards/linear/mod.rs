//! The board that Linear keeps: the issues of one team, or of one project of it. Ids of what is written are derived from what asked for
//! it, so that a repeat is refused by Linear itself and nothing is searched for.

mod api;
mod board;
mod book;
mod check;
mod client;
mod compose;
mod frame;
mod issue;
mod links;
mod places;
mod reading;
mod told;
mod webhook;
mod wire;
mod writing;

pub use board::LinearBoard;
