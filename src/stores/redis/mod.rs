//! Redis: one store for any number of gateways on any number of machines.
//!
//! A deciding operation is one script, and all it touches has names that begin with `PREFIX:{WORKSPACE}:`, so that a cluster keeps
//! it in one place. A script looks at everything before it writes anything, may be run twice, and asks no clock: the time is an
//! argument. Decisions on claims that come while another is on its way share the next script (`batch.rs`), and each is tried on
//! what those before it left. Nothing is left to an expiry of the server's.

mod access;
mod batch;
mod boards;
mod bus;
mod change;
mod check;
mod claims;
mod effects;
mod identities;
mod limits;
mod link;
mod log;
mod names;
mod parts;
mod row;
mod script;
mod settle;
mod store;

pub use check::{CheckError, ServerFault, ServerWarning};
pub use link::{AddressFault, LinkFault, RedisAddress};
pub use parts::RedisParts;
pub use store::RedisStore;
