//! The secret that what is posted to subscribers is signed with.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::model::hex;

/// A secret shared with subscribers. It proves to them what the gateway sent, and opens nothing.
#[derive(Clone)]
pub struct SigningSecret(Hmac<Sha256>);

impl SigningSecret {
    /// That secret.
    pub fn new(secret: &SecretString) -> Self {
        let key = secret.expose_secret().as_bytes();
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// `sha256=` and the HMAC-SHA-256 of exactly these bytes in hex.
    pub fn signature(&self, bytes: &[u8]) -> String {
        format!("sha256={}", hex(&self.0.clone().chain_update(bytes).finalize().into_bytes()))
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation ("Testing the webhook payload validation"), whose form it has.
    #[test]
    fn a_signature_is_what_receivers_of_github_check() {
        let secret = SigningSecret::new(&SecretString::from("It's a Secret to Everybody"));
        let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(secret.signature(b"Hello, World!"), expected);
        assert_eq!(format!("{secret:?}"), "SigningSecret(***)");
    }
}
