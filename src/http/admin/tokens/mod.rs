//! `/admin/tokens`: the keys. What a request may hold, what an answer shows, and the handlers.

pub mod handlers;
mod request;
mod response;

pub use handlers::json;
pub use request::{Rotation, grace_millis};
pub use response::{KeyMade, KeyView, show};
