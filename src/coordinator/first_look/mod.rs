//! What is looked at once, when a board was read for the first time: whether it is the one the records are of, and what it tells
//! that no record does.

mod former_board;
mod recovery;
