//! The one way out, and the only room that names reqwest: one client that follows no redirect and waits for nobody for ever.

mod client;

pub use client::{ANSWER_LIMIT, HttpClient, HttpResponse, NetError};
