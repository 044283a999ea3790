//! The pages, one a file: its query, what it shows, and its handler.

pub mod overview;
pub mod sign_in;
