//! Markup as others write it into what a page shows, and a page as a person reads it.

use crate::support::Answer;

/// Texts that would do something if they were markup.
pub const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" autofocus onfocus=alert(1) x=\"",
    "' onmouseover='alert(1)",
    "</bdi></li></ul><h1>gone</h1>",
    "<svg/onload=alert(1)>",
    "{{ 7*7 }}|safe",
    "&lt;b&gt;&quot;javascript:alert(1)",
];

/// A page's text without tags' meaning: what stands for a character is that character.
pub fn unescaped(text: &str) -> String {
    let named = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    named.iter().fold(text.to_owned(), |text, (mark, character)| text.replace(mark, character))
}

/// Asserts that the page shows the payload as it was typed, and as nothing but text.
pub fn assert_shown_as_typed(page: &Answer, payload: &str) {
    assert_eq!(page.status, 200, "{page:?}");
    assert!(unescaped(&page.text).contains(payload), "{payload} is not shown: {page:?}");
    if payload.contains(['<', '"', '\'']) {
        assert!(!page.text.contains(payload), "{payload} is markup");
    }
    assert_eq!(page.text.matches("<script").count(), 1, "{payload}");
    for tag in ["<img", "<svg/", "<h1>gone"] {
        assert!(!page.text.contains(tag), "{payload} made {tag}");
    }
}

/// Links of a page whose text is that.
pub fn link(page: &Answer, text: &str) -> Option<String> {
    let before =
        page.text.split(&format!("\">{text}")).next().filter(|before| before.len() < page.text.len())?;
    Some(unescaped(before.rsplit("href=\"").next()?))
}
