//! A running gateway, and who uses it.

mod board;
mod caller;
mod clock;
mod gateway;
mod keys;
pub mod known;

pub use board::{lines, next, person, rows, settled, within_two_seconds};
pub use caller::{Answer, Caller, first_event, http, modern_meta};
pub use clock::pass_seconds;
pub use gateway::{ADMIN, BEYOND_LOOPBACK, BINARY, Gateway, KEY, OTHER_KEY, command, outside_address};
pub use keys::{admin, create_key, revoke_key, send, with_admin};
