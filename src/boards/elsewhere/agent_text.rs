//! Agents' text as it may stand in a comment: it calls nobody, hides nothing and ends where it ends. A name with an `@` before it
//! stands in backticks, HTML is shown as it was written, and code that was left open is closed.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// HTML may be within HTML, and code within code.
const MOST_ROUNDS: usize = 4;
/// What stands for the mark that follows a text.
const MARK: &str = "<!-- mark -->";

/// The text as it may stand before a mark in a block of its own, cut after so many characters.
pub(in crate::boards) fn contained(text: &str, most_chars: usize) -> String {
    let end = text.char_indices().nth(most_chars).map(|(end, _)| end);
    let mut text = text[..end.unwrap_or(text.len())].to_owned();
    if end.is_some() {
        text.push('…');
    }
    for _ in 0..MOST_ROUNDS {
        let html = html(&text);
        if html.is_empty() {
            break;
        }
        replace(&mut text, html, "&lt;");
    }
    for _ in 0..MOST_ROUNDS {
        quiet(&mut text);
        let Some(fence) = open_fence(&text) else { break };
        text.push('\n');
        text.push_str(&fence);
    }
    text
}

fn events(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).into_offset_iter()
}

/// Where HTML begins.
fn html(text: &str) -> Vec<Range<usize>> {
    let is_html = |event: &Event<'_>| matches!(event, Event::Html(_) | Event::InlineHtml(_));
    let html = events(text).filter(|(event, _)| is_html(event));
    let begins = html.flat_map(|(_, place)| {
        text[place.clone()].match_indices('<').map(move |(at, _)| place.start + at).collect::<Vec<_>>()
    });
    begins.map(|at| at..at + 1).collect()
}

fn replace(text: &mut String, mut places: Vec<Range<usize>>, by: &str) {
    places.sort_by_key(|place| place.start);
    for place in places.into_iter().rev() {
        text.replace_range(place, by);
    }
}

/// Puts names that are called into backticks.
fn quiet(text: &mut String) {
    for place in calls(text).into_iter().rev() {
        let name = text[place.clone()].trim_start_matches('\\').to_owned();
        text.replace_range(place, &format!("`{name}`"));
    }
}

/// Names of users and teams outside code, each with the `@` before it and with a backslash before that.
fn calls(text: &str) -> Vec<Range<usize>> {
    let mut is_code = false;
    let mut calls = Vec::new();
    for (event, place) in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            // As an entity it calls as well.
            Event::Text(sign) if !is_code && *sign == *"@" && text[place.clone()].starts_with('&') => {
                let length = name_length(&text[place.end..]);
                calls.extend((length > 0).then_some(place.start..place.end + length));
            }
            Event::Text(_) if !is_code => calls.extend(calls_in(text, place)),
            _ => {}
        }
    }
    calls
}

fn calls_in(text: &str, place: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let signs: Vec<_> = text[place.clone()].match_indices('@').map(|(at, _)| place.start + at).collect();
    signs.into_iter().filter_map(move |at| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '`';
        let length = name_length(&text[at + 1..]);
        let is_call = length > 0 && !text[..at].ends_with(is_word);
        let from = at - usize::from(text[..at].ends_with('\\'));
        is_call.then_some(from..at + 1 + length)
    })
}

/// Bytes of the name of a user or a team (`org/team`) at the beginning.
fn name_length(text: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '/';
    let length = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins { text[..length].trim_end_matches(['/', '-']).len() } else { 0 }
}

/// What closes the block of code in which a mark behind the text would stand.
fn open_fence(text: &str) -> Option<String> {
    let marked = format!("{text}\n\n{MARK}");
    let mut open = None;
    for (event, place) in events(&marked) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => open = Some(place.start),
            Event::End(TagEnd::CodeBlock) if !marked[place].ends_with(MARK) => open = None,
            _ => {}
        }
    }
    let code = &marked[open?..];
    let fence = code.chars().next()?;
    let length = code.chars().take_while(|c| *c == fence).count();
    Some(fence.to_string().repeat(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST_CHARS: usize = 60_000;

    fn contained(text: &str) -> String {
        super::contained(text, MOST_CHARS)
    }

    #[test]
    fn names_stand_in_backticks_unless_they_do_already() {
        for (text, expected) in [
            ("ask @ana, please", "ask `@ana`, please"),
            ("@octo/core-team: look", "`@octo/core-team`: look"),
            ("mail a@b.example", "mail a@b.example"),
            ("use `@Inject` here", "use `@Inject` here"),
            ("```\n@Override\n``` \n@bob", "```\n@Override\n``` \n`@bob`"),
            ("@ alone, é@x and 请@x", "@ alone, é`@x` and 请`@x`"),
            ("(@a-)", "(`@a`-)"),
            ("it's ` one @ana", "it's ` one `@ana`"),
            ("`` a ` @b `` @c", "`` a ` @b `` `@c`"),
            ("so ``` @a", "so ``` `@a`"),
            ("```\na\n````\n@bob", "```\na\n````\n`@bob`"),
            ("a ` b\n\n@bob\n\nc ` d", "a ` b\n\n`@bob`\n\nc ` d"),
            ("~~~\n`\n~~~\n@bob `", "~~~\n`\n~~~\n`@bob` `"),
            ("&#64;bob, &commat;bob", "`&#64;bob`, `&commat;bob`"),
            ("\\@bob and **@bob**", "`@bob` and **`@bob`**"),
        ] {
            assert_eq!(contained(text), expected);
        }
        assert_eq!(contained(&"ä".repeat(70_000)).chars().count(), MOST_CHARS + 1);
    }

    #[test]
    fn html_is_shown_as_it_was_written() {
        assert_eq!(contained("use <!-- and a < b"), "use <!-- and a < b", "no comment in a line");
        assert_eq!(contained("<!-- and the rest\n\nof it"), "&lt;!-- and the rest\n\nof it");
        assert_eq!(contained("in `<!-- code -->` it stays"), "in `<!-- code -->` it stays");
        assert_eq!(contained("<div>\n@bob\n</div>"), "&lt;div>\n`@bob`\n&lt;/div>");
        for text in ["<? x", "<![CDATA[ x", "a <b>bold</b>", "<script>\n\n@bob"] {
            assert!(!html(text).is_empty() && html(&contained(text)).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_text_ends_where_it_ends_whatever_it_left_open() {
        assert_eq!(contained("Look:\n```rust\nfn a() {}"), "Look:\n```rust\nfn a() {}\n```");
        assert_eq!(contained("~~~~\n~~~"), "~~~~\n~~~\n~~~~");
        for whole in [
            "```\na\n```",
            "~~~\n```\n~~~\n",
            "text",
            "a ``` b",
            "```inline``` y",
            "- a\n  ```\n  b",
            "    ```\n",
            "Look:\r\n```\r\nx\r\n```\r\n",
        ] {
            assert_eq!(contained(whole), whole);
        }
        for open in ["> ```\n> a", "1. ~~~\n   x", "```\n~~~\n", "`````md\n```\nx\n```\n"] {
            let text = contained(open);
            assert!(
                events(&format!("{text}\n\n{MARK}")).any(|(event, _)| *MARK
                    == *match event {
                        Event::Html(html) => html,
                        _ => "".into(),
                    }),
                "{text}"
            );
        }
    }
}
