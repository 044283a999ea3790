//! One-time codes: 16 characters that a person can read out and type, of which none is taken for another.

use secrecy::{ExposeSecret, SecretString};

/// How long a code is good for.
pub const CODE_MILLIS: i64 = 5 * 60_000;
/// Without I, L, O and U, which are read as others or spell words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 16;
const GROUP: usize = 4;

/// A code in clear. It exists only between its making and its first showing, or while it is compared.
#[derive(Debug)]
pub struct OneTimeText(SecretString);

impl OneTimeText {
    /// A fresh code.
    pub fn generate() -> Self {
        let mut bytes = [0_u8; LENGTH];
        getrandom::fill(&mut bytes).expect("the operating system has randomness");
        let characters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        Self(characters.collect::<String>().into())
    }

    /// The code that somebody typed, if it has the form of one: in small letters, without hyphens, with O for 0.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut text = String::with_capacity(LENGTH);
        for character in typed.chars().filter(|character| !matches!(character, '-' | ' ')) {
            let character = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let is_known = u8::try_from(character).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !is_known || text.len() == LENGTH {
                return None;
            }
            text.push(character);
        }
        (text.len() == LENGTH).then(|| Self(text.into()))
    }

    /// The code as it is shown: `K7QM-2XPD-9RTA-WZ4F`.
    pub fn shown(&self) -> SecretString {
        let groups = self.0.expose_secret().as_bytes().chunks(GROUP).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join("-").into()
    }

    /// The code without hyphens, as it is hashed.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_however_it_is_typed() {
        let code = OneTimeText::generate();
        let shown = code.shown();
        let shown = shown.expose_secret();
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
        for typed in [shown.to_owned(), shown.to_lowercase(), shown.replace('-', ""), format!(" {shown} ")] {
            assert_eq!(OneTimeText::parse(&typed).unwrap().expose(), code.expose(), "{typed}");
        }
        assert_eq!(OneTimeText::parse("OIL0-1111-2222-3333").unwrap().expose(), "0110111122223333");
        for other in ["", "mcp_0123456789", "K7QM-2XPD-9RTA", "K7QM-2XPD-9RTA-WZ4F-1", "U7QM-2XPD-9RTA-WZ4F"]
        {
            assert!(OneTimeText::parse(other).is_none(), "{other}");
        }
        assert!(!format!("{code:?}").contains(code.expose()));
    }
}
