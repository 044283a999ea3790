//! Text that people wrote: cleaned once it is clean, nothing that hides or turns words is left, and writing that any language
//! is made of stays.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgate::model::{shortened, visible};

fuzz_target!(|text: &str| {
    let once = visible(text);
    assert_eq!(visible(&once), once);
    assert!(!once.contains(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')));
    let writing = |text: &str| text.chars().filter(|c| c.is_alphanumeric() && !is_filler(*c)).collect::<String>();
    assert_eq!(writing(&once), writing(text));
    assert!(shortened(text, 20).chars().count() <= 20);
});

/// Letters by their category that show nothing.
fn is_filler(character: char) -> bool {
    matches!(character, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}
