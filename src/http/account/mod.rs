//! What a key may see and change of itself.

pub mod me;
