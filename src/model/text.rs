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
/// reads. Line breaks, tabs, joiners inside emoji and variation selectors where they choose a glyph stay.
pub fn visible(text: &str) -> String {
    // Nearly all text there is: nothing to look at character by character.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r')) {
        return text.to_owned();
    }
    visible_characters(text).collect()
}

/// Whether a person who looks at a text sees anything.
pub fn is_seen(text: &str) -> bool {
    // The braille pattern without a dot is no white space and shows nothing.
    visible_characters(text).any(|character| !character.is_whitespace() && character != '\u{2800}')
}

/// [`visible`] text of 200 characters at most: what a list shows of a text.
pub fn brief(text: &str) -> String {
    shortened(text, 200)
}

/// The first `most` characters of [`visible`] text at most, ending in `…` where something was cut.
pub fn shortened(text: &str, most: usize) -> String {
    let mut shown = visible_characters(text);
    let mut short: String = shown.by_ref().take(most).collect();
    if shown.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// What stays of a text. Whether a character does depends on what stayed before it and on nothing after, so that a text
/// which went through once goes through unchanged.
fn visible_characters(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .scan(None, |previous, character| {
            let stays = !is_hidden(character) && is_in_place(*previous, character);
            if stays {
                *previous = Some(character);
            }
            Some(stays.then_some(character))
        })
        .flatten()
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{feff}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

/// Whether a joiner or a variation selector does something after `previous`. Where it does nothing it is invisible, and a
/// run of them can spell out any text.
fn is_in_place(previous: Option<char>, character: char) -> bool {
    let after = |is_base: fn(char) -> bool| previous.is_some_and(is_base);
    match character {
        '\u{200d}' => after(|base| is_base(base) || matches!(base, '\u{fe00}'..='\u{fe0f}')),
        '\u{200c}' => after(is_joining),
        '\u{fe0e}' | '\u{fe0f}' => after(|base| is_base(base) || matches!(base, '0'..='9' | '#' | '*')),
        '\u{fe00}'..='\u{fe0d}' => after(is_base),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => {
            after(|base| matches!(base, '\u{1800}'..='\u{18af}') && is_base(base))
        }
        '\u{e0100}'..='\u{e01ef}' => after(is_ideograph),
        _ => true,
    }
}

/// What a joiner or a selector may stand after: something to see, beyond ASCII.
fn is_base(character: char) -> bool {
    let joins = matches!(character, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{e0100}'..='\u{e01ef}');
    !character.is_ascii() && !character.is_whitespace() && !joins
}

/// A letter of Arabic or of a script of India, which is written otherwise before a non-joiner: Persian spells with it.
fn is_joining(character: char) -> bool {
    let range = matches!(character, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{dff}');
    range && !character.is_numeric()
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
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
    fn what_spells_out_hidden_text_goes_and_writing_of_every_kind_stays() {
        for (hidden, shown) in [
            ("a\u{e0061}\u{e0062}\u{e007f}b", "ab"),
            ("\u{202e}\u{2066}abc\u{2069}\u{202c}\u{61c}", "abc"),
            ("x\u{fe00}\u{fe01}\u{fe0f}\u{e0101}\u{e01ef}y", "xy"),
            ("😀\u{fe0f}\u{fe0e}\u{e0100}\u{e0110}!", "😀\u{fe0f}!"),
            ("\u{fe0f}a \u{fe0f}\u{200d}\u{200d}b", "a b"),
            ("a\u{200d}b\u{200d}\u{200d}c", "abc"),
            ("a\u{200c}b مي\u{200c}\u{200c}خواهم", "ab مي\u{200c}خواهم"),
            ("k\u{34f}\u{ffa0}\u{17b4}\u{fff9}\u{fff2}", "k"),
            ("葛\u{e0100}\u{e0101}\u{e0102}", "葛\u{e0100}"),
        ] {
            assert_eq!(visible(hidden), shown, "{hidden:?}");
            assert_eq!(visible(shown), shown, "{hidden:?}");
        }
        for kept in [
            "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🏳\u{fe0f}\u{200d}🌈 1\u{fe0f}\u{20e3} 👍🏽",
            "葛\u{e0100}飾区 漢字かな交じり文 한국어",
            "שלום עולם, مرحبا بالعالم, می\u{200c}خواهم, क्\u{200c}ष",
            "ᠠ\u{180b}ᠮᠣᠩᠭᠣᠯ",
            "let x = \"<b>&amp;</b>\";\r\n\tfn f() {}",
        ] {
            assert_eq!(visible(kept), kept);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_was_cleaned_once_is_clean(text in "([a-z0-9 \\n]|\\PC|[\u{200b}-\u{200f}\u{fe00}-\u{fe0f}\u{e0000}-\u{e01ef}\u{202a}-\u{202e}]){0,40}") {
            let once = visible(&text);
            proptest::prop_assert_eq!(visible(&once), once.clone());
            proptest::prop_assert!(!once.chars().any(is_hidden));
        }
    }

    #[test]
    fn a_brief_text_has_200_characters_at_most_and_says_when_it_was_cut() {
        let (fits, long) = ("ä".repeat(200), "ä".repeat(201));
        assert_eq!(brief(&fits), fits);
        assert_eq!(brief(&long), format!("{}…", "ä".repeat(199)));
        assert_eq!(brief(&format!("{fits}\u{200b}")), fits, "what is not shown is not cut");
    }
}
