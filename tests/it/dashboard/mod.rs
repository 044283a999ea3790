//! The dashboard: pages for people.

mod headers;
mod signing_in;
