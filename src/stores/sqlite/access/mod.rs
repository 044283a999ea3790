//! Who may come in: keys, MCP sessions, webhooks.

mod keys;
mod sessions;
mod webhooks;
