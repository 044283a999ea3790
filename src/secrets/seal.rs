//! Authenticated sealing with XChaCha20-Poly1305: what leaves our hands comes back unread and unchanged, or not at
//! all.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

/// What a sealer is for. A text sealed for one purpose does not open for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// `Mcp-Session-Id`.
    Session,
    /// `requestState`.
    RequestState,
    /// A user's GitHub token.
    GithubToken,
    /// An answer kept for an idempotency key.
    Replay,
    /// The cookie of a session of the dashboard.
    Cookie,
    /// What gateways on one store say to each other.
    Bus,
}

impl Purpose {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::RequestState => "request state",
            Self::GithubToken => "github token",
            Self::Replay => "replay",
            Self::Cookie => "cookie",
            Self::Bus => "bus",
        }
    }
}

const NONCE_BYTES: usize = 24;

/// Seals under the current key, opens under it and the one before.
pub struct Sealer {
    current: XChaCha20Poly1305,
    old: Option<XChaCha20Poly1305>,
}

impl Sealer {
    pub(super) fn new(current: [u8; 32], old: Option<[u8; 32]>) -> Self {
        let cipher = |key: [u8; 32]| XChaCha20Poly1305::new(&key.into());
        Self { current: cipher(current), old: old.map(cipher) }
    }

    /// Nonce and ciphertext of `plain`, bound to `bound`.
    pub fn seal(&self, plain: &[u8], bound: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0_u8; NONCE_BYTES];
        getrandom::fill(&mut sealed).expect("the operating system has randomness");
        let nonce = nonce(&sealed).expect("the buffer is one nonce long");
        let text = self.current.encrypt(&nonce, Payload { msg: plain, aad: bound });
        sealed.extend(text.expect("a message of less than 256 GiB can be sealed"));
        sealed
    }

    /// What was sealed, if it is unchanged and bound to the same `bound`.
    pub fn open(&self, sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
        let (head, text) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = nonce(head)?;
        let ciphers = std::iter::once(&self.current).chain(&self.old);
        ciphers.into_iter().find_map(|cipher| cipher.decrypt(&nonce, Payload { msg: text, aad: bound }).ok())
    }

    /// Whether it opens under the current key.
    pub fn is_current(&self, sealed: &[u8], bound: &[u8]) -> bool {
        let opened = sealed.split_at_checked(NONCE_BYTES).and_then(|(head, text)| {
            self.current.decrypt(&nonce(head)?, Payload { msg: text, aad: bound }).ok()
        });
        opened.map(zeroize::Zeroizing::new).is_some()
    }

    /// [`Self::seal`] as URL-safe text.
    pub fn seal_text(&self, plain: &[u8], bound: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(plain, bound))
    }

    /// [`Self::open`] of URL-safe text.
    pub fn open_text(&self, sealed: &str, bound: &[u8]) -> Option<Vec<u8>> {
        self.open(&URL_SAFE_NO_PAD.decode(sealed).ok()?, bound)
    }
}

fn nonce(bytes: &[u8]) -> Option<XNonce> {
    XNonce::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::SecretKey, *};

    #[test]
    fn a_seal_opens_only_unchanged_for_the_same_purpose_and_binding() {
        let key = SecretKey::new("k".repeat(32).into(), None);
        let sealed = key.sealer(Purpose::Session).seal_text(b"hello", b"alice");
        assert_eq!(key.sealer(Purpose::Session).open_text(&sealed, b"alice").unwrap(), b"hello");
        assert_eq!(key.sealer(Purpose::Session).open_text(&sealed, b"bob"), None);
        assert_eq!(key.sealer(Purpose::RequestState).open_text(&sealed, b"alice"), None);
        for position in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(
                key.sealer(Purpose::Session).open_text(&changed, b"alice"),
                None,
                "position {position}"
            );
        }
    }

    #[test]
    fn after_a_rotation_the_old_key_still_opens() {
        let before = SecretKey::new("a".repeat(32).into(), None);
        let sealed = before.sealer(Purpose::Session).seal(b"x", b"");
        let after = SecretKey::new("b".repeat(32).into(), Some("a".repeat(32).into()));
        assert_eq!(after.sealer(Purpose::Session).open(&sealed, b"").unwrap(), b"x");
    }
}
