//! The dashboard: pages for people.

mod codes;
mod forms;
mod headers;
mod refusals;
mod signing_in;
