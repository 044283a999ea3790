//! Who may come in: keys, MCP sessions, webhooks.

mod keys;
mod sessions;
mod webhooks;

pub use keys::{KeyFilter, KeyStore};
pub use sessions::{
    MAX_SESSIONS_A_USER, MAX_SUBSCRIPTIONS, OLDER_ENDED, SessionChange, SessionChanged, SessionMark,
    SessionRow, SessionStore,
};
pub use webhooks::{WebhookDelivery, WebhookStore};
