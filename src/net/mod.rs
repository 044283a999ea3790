//! The one way out, and the only room that names reqwest: one client that follows no redirect and waits for nobody for ever.

mod client;
mod error;

pub use client::{HttpClient, HttpRequest, HttpResponse};
pub use error::NetError;
