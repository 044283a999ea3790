//! What a handler takes out of a request: who calls, a body, a query, an id.

pub mod body;
mod caller;
mod idempotent_body;
mod json_body;
mod path_id;
mod query;
mod scraper;

pub use caller::{Admin, Caller, CallerOrAdmin, OptionalCaller};
pub use idempotent_body::IdempotentBody;
pub use json_body::JsonBody;
pub use path_id::{KeyPathId, PathId};
pub use query::QueryParams;
pub use scraper::Scraper;
