//! Who may call: API keys and the admin token.

mod api_key;
mod authenticated_key;
mod authenticator;
mod error;
mod key_cache;
mod key_gate;
mod key_standings;
mod keys;
mod principals;
mod rechecks;
mod role;
mod sign_in;
mod use_counts;

pub use api_key::ApiKey;
pub use authenticated_key::AuthenticatedKey;
pub use authenticator::Authenticator;
pub use error::{AdminError, AuthError, KeyringError};
pub use key_standings::KeyStanding;
pub use keys::{
    GithubToken, IdempotencyKey, KeyPatch, KeyRotation, Keyring, MOST_RATE, MOST_SECONDS, NewKey, RenderKey,
    is_github_token, is_text,
};
pub use principals::local_principal;
pub use role::Role;
pub use sign_in::{
    BrowserSession, BrowserSessionParts, BrowserSessions, CODE_MILLIS, OneTimeText, OpenSession,
    SignInAttempt, SignInError, SignedInBy, Visitor,
};
