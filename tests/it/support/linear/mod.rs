//! A Linear on loopback, made from its official schema: it refuses what that does not know, answers exactly what a document selects of
//! what a test puts there, keeps what it heard and would send to webhooks, and fails as it is told to.

mod complexity;
mod data;
mod execute;
mod filter;
mod mutations;
mod objects;
mod refusal;
mod schema;
mod server;
mod validate;
mod world;

pub use complexity::complexity;
pub use server::{FakeLinear, rate_limited};
pub use validate::problem;
pub use world::{LinearDelivery, LinearWorld};
