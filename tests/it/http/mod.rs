//! HTTP: addresses, connections, refusals, bounds.

mod addresses;
mod bad_input;
mod connections;
mod crowds;
mod limits;
mod open_sessions;
mod openapi;
mod outgoing_calls;
mod refusals;
mod timeouts;
