//! Commands about the board that somebody else keeps: making it ready, and looking whether it is.

pub(super) mod check;
pub(super) mod init;
