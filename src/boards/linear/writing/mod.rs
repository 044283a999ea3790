//! Writing to the board: each write goes out once, and what is made has an id that a repeat would have too.

mod comments;
mod create;
mod ids;
mod labels;
mod mark;
mod mentions;
mod moves;
mod owed;

pub(super) use mark::read_mark;
