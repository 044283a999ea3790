//! What a handler takes out of a request: who calls, a body, a query, an id.

pub mod body;
mod caller;
mod json_body;

pub use caller::{Admin, Arrival, Caller, Insider, Seen, Visitor};
pub use json_body::{Asked, Form, Id};
