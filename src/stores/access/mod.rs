//! Who may come in: keys, MCP sessions, webhooks, people on the dashboard.

mod keys;
mod one_time_codes;
mod sessions;
mod sign_outs;
mod webhooks;

pub use keys::{KeyFilter, KeyStore, KeysByEnd, KeysPart};
pub use one_time_codes::{OneTimeCode, OneTimeCodeStore};
pub use sessions::{
    MAX_SESSIONS_A_USER, MAX_SUBSCRIPTIONS, OLDER_ENDED, SessionChange, SessionChanged, SessionMark,
    SessionRow, SessionStore,
};
pub use sign_outs::{EndedSessions, MAX_SIGN_OUTS, SignOut, SignOutStore};
pub use webhooks::{WebhookDelivery, WebhookStore};
