//! Looking for one text in many, whatever the case of either. No text is kept folded and none is copied whole more than
//! once: one buffer serves them all.

use memchr::memmem::Finder;

/// A text that is looked for.
pub(in crate::coordinator) struct Search {
    finder: Finder<'static>,
    folded: String,
}

impl Search {
    pub(in crate::coordinator) fn new(wanted: &str) -> Self {
        let mut folded = String::new();
        fold(wanted, &mut folded);
        Self { finder: Finder::new(folded.as_bytes()).into_owned(), folded }
    }

    /// Whether the wanted text is part of `text`.
    pub(in crate::coordinator) fn is_in(&mut self, text: &str) -> bool {
        fold(text, &mut self.folded);
        self.finder.find(self.folded.as_bytes()).is_some()
    }

    /// Whether `text` is the wanted text.
    pub(in crate::coordinator) fn is(&mut self, text: &str) -> bool {
        fold(text, &mut self.folded);
        self.finder.needle() == self.folded.as_bytes()
    }
}

/// Puts `text` into `folded` in lower case, the two small sigmas as one.
fn fold(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
        return;
    }
    for character in text.chars() {
        match character {
            'ς' => folded.push('σ'),
            // Han, kana and Hangul have no case; long texts in them are common.
            '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' => folded.push(character),
            ascii if ascii.is_ascii() => folded.push(ascii.to_ascii_lowercase()),
            other => folded.extend(other.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_difference_in_any_script() {
        for (wanted, text) in [
            ("KEYboard", "a Keyboard."),
            ("straße", "Die STRAßE"),
            ("ÄÖÜ", "xäöüx"),
            ("ΟΔΟΣ", "η οδος"),
            ("οδος", "Η ΟΔΟΣ ΕΙΝΑΙ"),
            ("привет", "ПРИВЕТ, мир"),
            ("漢字", "日本の漢字"),
            ("İ", "i̇"),
        ] {
            assert!(Search::new(wanted).is_in(text), "{wanted} in {text}");
        }
        assert!(!Search::new("abd").is_in("abc"));
        let mut label = Search::new("API");
        assert!(label.is("api") && !label.is("apis") && !label.is("ap") && label.is("Api"));
    }

    proptest::proptest! {
        #[test]
        fn a_part_of_a_text_is_found_in_it(before in ".{0,20}", part in ".{1,20}", after in ".{0,20}") {
            let text = format!("{before}{part}{after}");
            proptest::prop_assert!(Search::new(&part.to_uppercase().to_lowercase()).is_in(&text.to_uppercase().to_lowercase()));
            proptest::prop_assert!(Search::new(&part).is_in(&text));
        }
    }
}
