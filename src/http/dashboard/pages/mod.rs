//! The pages, one a file: its query, what it shows, and its handler.

pub mod sign_in;
