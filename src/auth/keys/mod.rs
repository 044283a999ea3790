//! Stored keys: made, changed, rotated and revoked, with the GitHub tokens in them, and what may be said of one.

mod github_token;
mod idempotency;
mod key_rules;
mod keyring;
mod new_key;
mod reseal;

pub use github_token::GithubToken;
pub use idempotency::IdempotencyKey;
pub use key_rules::{MOST_RATE, MOST_SECONDS, is_github_token, is_text};
pub use keyring::{KeyPatch, KeyRotation, Keyring, RenderKey};
pub use new_key::NewKey;
