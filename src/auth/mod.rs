//! Who may call: API keys, the secret key they are hashed under, and sealing.

mod authenticator;
mod credential;
mod error;
mod key;
mod keyring;
mod seal;
mod secret_key;

pub use authenticator::Authenticator;
pub use credential::Credential;
pub use error::{AdminError, AuthError};
pub use key::{ApiKey, NewKey};
pub use keyring::{Actor, KeyPatch, Keyring, KeyringError, Once, Show};
pub use seal::{Purpose, Sealer};
pub use secret_key::SecretKey;
