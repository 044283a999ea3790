//! What a handler takes out of a request: who calls, a body, a query, an id.

pub mod body;
mod caller;
mod idempotent_body;
mod json_body;

pub use caller::{Admin, Caller, Insider, Visitor};
pub use idempotent_body::IdempotentBody;
pub use json_body::{Asked, Form, Id};
