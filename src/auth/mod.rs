//! Who may call: API keys and the admin token.

mod actor;
mod answers;
mod authenticator;
mod bounds;
mod credential;
mod error;
mod github_token;
mod key;
mod keyring;
mod known_keys;
mod principals;
mod reseal;

pub use actor::Actor;
pub use answers::Once;
pub use authenticator::Authenticator;
pub use bounds::{MOST_RATE, MOST_SECONDS, is_github_token, is_text};
pub use credential::Credential;
pub use error::{AdminError, AuthError, KeyringError};
pub use key::{ApiKey, NewKey};
pub use keyring::{KeyPatch, Keyring, Show, Turn};
pub use principals::local_principal;
