//! What the gateway signs its marks on boards with, which anybody may read and copy.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::model::{hex, unhex};

/// A key for marks, and the one before the last rotation. A mark proves who wrote it, and opens nothing.
#[derive(Clone)]
pub struct MarkKey {
    current: Hmac<Sha256>,
    old: Option<Hmac<Sha256>>,
}

impl MarkKey {
    pub(super) const fn new(current: Hmac<Sha256>, old: Option<Hmac<Sha256>>) -> Self {
        Self { current, old }
    }

    /// The HMAC-SHA-256 of that text under the current key, in hex.
    pub fn signature(&self, text: &str) -> String {
        hex(&self.current.clone().chain_update(text).finalize().into_bytes())
    }

    /// Whether that is a signature of exactly this text under either key. Comparing takes no time that depends on either.
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        let Some(signature) = unhex::<32>(signature) else { return false };
        let signed = |key: &Hmac<Sha256>| key.clone().chain_update(text).verify_slice(&signature).is_ok();
        signed(&self.current) || self.old.as_ref().is_some_and(signed)
    }
}

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("MarkKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use crate::secrets::SecretKey;

    #[test]
    fn a_mark_stays_good_through_one_rotation_and_is_good_for_no_other_text() {
        let key = |text: &str| SecretString::from(text);
        let first = SecretKey::new(key("first"), None).mark_key();
        let signature = first.signature("a mark");
        assert!(first.has_signed("a mark", &signature));
        assert!(!first.has_signed("a mark ", &signature));
        assert!(!first.has_signed("a mark", "00") && !first.has_signed("a mark", "no hex"));
        let rotated = SecretKey::new(key("second"), Some(key("first"))).mark_key();
        assert!(rotated.has_signed("a mark", &signature));
        assert_ne!(rotated.signature("a mark"), signature);
        let later = SecretKey::new(key("third"), Some(key("second"))).mark_key();
        assert!(!later.has_signed("a mark", &signature));
        assert_eq!(format!("{later:?}"), "MarkKey(***)");
    }
}
