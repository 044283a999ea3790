//! Refusals: how they are made, and how they are documented.

mod refusal;
mod schema;

pub use refusal::{Refusal, Refused, connections_setting};
pub use schema::{ErrorResponses, Problem};
