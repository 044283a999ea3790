//! Who may call: API keys, the secret key they are hashed under, and sealing.

mod authenticator;
mod error;
mod key;
mod seal;
mod secret_key;

pub use authenticator::{Authenticator, Credential};
pub use error::AuthError;
pub use key::{ApiKey, NewKey};
pub use seal::{Purpose, Sealer};
pub use secret_key::SecretKey;
