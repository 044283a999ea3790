//! HTTP: addresses, connections, refusals, bounds.

mod addresses;
mod bad_input;
mod board_reports;
mod board_webhooks;
mod boards_webhooks;
mod connections;
mod crowds;
mod fetch_comments;
mod limits;
mod open_sessions;
mod openapi;
mod outgoing_calls;
mod refusals;
mod timeouts;
mod webhooks;
