//! Writing to the board: each write goes out once, and one that may have arrived is looked for before it is sent again.

mod comments;
mod create;
mod moves;
mod owed;
mod plan;

pub(super) use owed::LACKS_RIGHTS;
pub(super) use plan::lacks;
