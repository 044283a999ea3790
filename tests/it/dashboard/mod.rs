//! The dashboard: pages for people.

mod codes;
mod figures;
mod forms;
mod headers;
mod keys;
mod refusals;
mod signing_in;
