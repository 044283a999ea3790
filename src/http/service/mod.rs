//! The service about itself: what it is, how it does, what is open, and its documentation.

pub mod docs;
pub mod fetch_comments;
pub mod health;
pub mod metrics;
pub mod root;
pub mod sessions;
