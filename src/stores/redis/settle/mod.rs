//! What is done about a server that restarted, or that took another's place, and may have lost what was acknowledged last: before anything
//! is decided there, every process says what it knows, losses are named, and what takes rights away is put back. From then on versions,
//! generations and events are above all that was given before.

mod restore;
mod rights;
mod settling;
mod standing;

pub(super) use {
    restore::PuttingBack,
    rights::{TakenRight, TakenRights},
    settling::SettlingTurn,
    standing::{Heads, Standing},
};
