//! Writing to the board: each write goes out once, and one that may have arrived is looked for before it is sent again.

mod agent_text;
mod batch;
mod comments;
mod create;
pub(super) mod marks;
mod moves;

pub(super) use batch::Delivered;
