//! The form of an API key: `mcp_`, 30 base62 characters, 6 base62 characters of CRC-32 (ISO-HDLC) over the 34
//! before them. A key of another form is refused without a look-up.

use crc::{CRC_32_ISO_HDLC, Crc};
use secrecy::{ExposeSecret, SecretString};

const PREFIX: &str = "mcp_";
const RANDOM: usize = 30;
const CHECK: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
/// Characters of a key a log may show.
const SHOWN: usize = 8;

/// A key in clear. It exists only between its making and its first showing.
#[derive(Debug)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A fresh key.
    pub fn generate() -> Self {
        let mut text = String::from(PREFIX);
        while text.len() < PREFIX.len() + RANDOM {
            let mut bytes = [0_u8; 64];
            getrandom::fill(&mut bytes).expect("the operating system has randomness");
            // 248 is the largest multiple of 62 in a byte: taking the rest would favour some characters.
            let picked = bytes
                .iter()
                .filter(|byte| **byte < 248)
                .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            text.extend(picked.take(PREFIX.len() + RANDOM - text.len()));
        }
        text.push_str(&check(&text));
        Self(text.into())
    }

    /// The first characters of the key: all that may be shown again.
    pub fn prefix(&self) -> &str {
        &self.expose()[..SHOWN]
    }

    /// A key that was written down.
    pub fn parse(text: &str) -> Option<Self> {
        Self::is_well_formed(text).then(|| Self(text.to_owned().into()))
    }

    /// Whether `text` has the form of a key, its checksum included.
    pub fn is_well_formed(text: &str) -> bool {
        let Some((body, sum)) = text.split_at_checked(PREFIX.len() + RANDOM) else { return false };
        text.len() == PREFIX.len() + RANDOM + CHECK
            && body.starts_with(PREFIX)
            && body.bytes().skip(PREFIX.len()).all(|byte| ALPHABET.contains(&byte))
            && sum == check(body)
    }

    /// The key, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn check(body: &str) -> String {
    let mut rest = CRC.checksum(body.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc32_in_base62() {
        // CRC-32/ISO-HDLC of "123456789" is 0xCBF43926 = 3421780262.
        assert_eq!(check("123456789"), "3jZRME");
    }

    #[test]
    fn a_fresh_key_is_well_formed_and_one_changed_character_is_not() {
        let key = ApiKey::generate();
        assert!(ApiKey::is_well_formed(key.expose()));
        assert_eq!(key.expose().len(), 40);
        let mut changed = key.expose().to_owned().into_bytes();
        changed[10] = if changed[10] == b'A' { b'B' } else { b'A' };
        assert!(!ApiKey::is_well_formed(&String::from_utf8(changed).unwrap()));
        for junk in ["", "mcp_", "ghp_0123456789", "mcp_é1234567890123456789012345678901234"] {
            assert!(!ApiKey::is_well_formed(junk));
        }
        assert!(!format!("{key:?}").contains(key.expose()));
    }

    #[test]
    fn of_many_guesses_of_the_right_form_none_is_looked_up() {
        let key = ApiKey::generate();
        let (body, sum) = key.expose().split_at(PREFIX.len() + RANDOM);
        let guesses = (0..100_000_u32).map(|number| format!("{}{number:06}{sum}", &body[..body.len() - 6]));
        let taken = guesses.filter(|guess| guess != key.expose() && ApiKey::is_well_formed(guess)).count();
        assert_eq!(taken, 0);
    }
}
