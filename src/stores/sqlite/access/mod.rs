//! Who may come in: keys, MCP sessions, webhooks.

mod keys;
mod one_time_codes;
mod sessions;
mod sign_outs;
mod webhooks;
