//! The secret that a webhook is signed with, or that is sent along with it, or to read metrics.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// A secret shared with who sends webhooks, or reads metrics. It proves what they sent and opens nothing else.
#[derive(Clone)]
pub struct WebhookSecret {
    hmac: Hmac<Sha256>,
    /// The signature of the secret itself.
    of_itself: [u8; 32],
}

impl WebhookSecret {
    /// That secret.
    pub fn new(secret: &SecretString) -> Self {
        let key = secret.expose_secret().as_bytes();
        let hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        let of_itself = hmac.clone().chain_update(key).finalize().into_bytes().into();
        Self { hmac, of_itself }
    }

    /// Whether `signature` is the HMAC-SHA-256 of exactly these bytes. Comparing takes no time that depends on either.
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8; 32]) -> bool {
        self.hmac.clone().chain_update(bytes).verify_slice(signature).is_ok()
    }

    /// Whether that text is the secret, which some send along. Comparing takes no time that depends on where they differ.
    pub fn is(&self, text: &str) -> bool {
        self.has_signed(text.as_bytes(), &self.of_itself)
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("WebhookSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::unhex;

    /// The example of GitHub's documentation ("Testing the webhook payload validation").
    #[test]
    fn githubs_own_example_verifies_and_nothing_else_does() {
        const HEX: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let mut signature = unhex(HEX).unwrap();
        let secret = WebhookSecret::new(&SecretString::from("It's a Secret to Everybody"));
        assert!(secret.has_signed(b"Hello, World!", &signature));
        assert!(!secret.has_signed(b"Hello, World?", &signature));
        signature[31] ^= 1;
        assert!(!secret.has_signed(b"Hello, World!", &signature));
        assert!(secret.is("It's a Secret to Everybody"));
        assert!(!secret.is("It's a Secret to Everybod") && !secret.is(""));
    }
}
