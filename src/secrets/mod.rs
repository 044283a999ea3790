//! The one room that touches key bytes: the secret key and what is derived from it, sealing, the links of the audit log, and
//! the files that nobody else may read.

mod audit_chain;
mod audit_key;
mod checkpoint;
mod digest;
mod error;
mod head;
mod key_file;
mod mark_key;
pub mod private_file;
mod seal;
mod secret_key;
mod signing_secret;
mod webhook_secret;

pub use audit_chain::{ChainCheck, ChainFault};
pub use audit_key::AuditKey;
pub use checkpoint::{ANCHOR, Anchor, ChainKeys, Checkpoint, LogDigest};
pub use digest::sha256;
pub use error::{SecretKeyError, SecretKeyFault};
pub use head::Head;
pub use mark_key::MarkKey;
pub use seal::{Purpose, Sealer};
pub use secret_key::SecretKey;
pub use signing_secret::SigningSecret;
pub use webhook_secret::WebhookSecret;
