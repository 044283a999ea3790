//! Who may call: API keys, the secret key they are hashed under, and sealing.

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
mod reseal;
mod seal;
mod secret_key;

pub use actor::Actor;
pub use answers::Once;
pub use authenticator::Authenticator;
pub use bounds::{MOST_RATE, MOST_SECONDS, is_github_token, is_text};
pub use credential::Credential;
pub use error::{AdminError, AuthError, KeyringError};
pub use key::{ApiKey, NewKey};
pub use keyring::{KeyPatch, Keyring, Show, Turn};
pub use seal::{Purpose, Sealer};
pub use secret_key::SecretKey;
