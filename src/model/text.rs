//! Bounded text arguments.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Text of `MIN` to `MAX` characters without NUL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if length < MIN || length > MAX {
            return Err(format!("expected {MIN} to {MAX} characters, got {length}"));
        }
        if text.contains('\0') {
            return Err(String::from("expected text without the character NUL"));
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> Default for Text<0, MAX> {
    fn default() -> Self {
        Self(String::new())
    }
}

/// `text` without the byte order mark that some editors put before it.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// `text` without invisible and bidirectional control characters, which can hide words from a person that a model
/// reads. Line breaks, tabs and joiners inside emoji stay.
pub fn visible(text: &str) -> String {
    text.chars().filter(|character| !is_hidden(*character)).collect()
}

/// [`visible`] text of 200 characters at most: what a list shows of a text.
pub fn brief(text: &str) -> String {
    shortened(text, 200)
}

/// The first `most` characters of [`visible`] text at most, ending in `…` where something was cut.
pub fn shortened(text: &str, most: usize) -> String {
    let mut shown = text.chars().filter(|character| !is_hidden(*character));
    let mut short: String = shown.by_ref().take(most).collect();
    if shown.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{200b}'
        | '\u{200c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

impl<const MIN: usize, const MAX: usize> JsonSchema for Text<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        match MIN {
            0 => json_schema!({"type": "string", "maxLength": MAX}),
            _ => json_schema!({"type": "string", "minLength": MIN, "maxLength": MAX}),
        }
    }
}

/// Bytes from hexadecimal digits; none when it is anything else.
pub fn unhex<const COUNT: usize>(text: &str) -> Option<[u8; COUNT]> {
    if text.len() != COUNT * 2 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok();
    (0..COUNT).map(byte).collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).expect("a half byte is a digit"));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_go_and_visible_text_stays() {
        assert_eq!(
            visible("a\u{200b}b\u{202e}c\u{e0041}\u{7}d\ne \u{1f468}\u{200d}\u{1f469}"),
            "abcd\ne \u{1f468}\u{200d}\u{1f469}"
        );
    }

    #[test]
    fn a_brief_text_has_200_characters_at_most_and_says_when_it_was_cut() {
        let (fits, long) = ("ä".repeat(200), "ä".repeat(201));
        assert_eq!(brief(&fits), fits);
        assert_eq!(brief(&long), format!("{}…", "ä".repeat(199)));
        assert_eq!(brief(&format!("{fits}\u{200b}")), fits, "what is not shown is not cut");
    }
}
