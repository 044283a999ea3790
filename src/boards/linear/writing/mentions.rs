//! Texts that call nobody at Linear: there the bare address of a person's page is a mention. Outside code, addresses of Linear that
//! lead to no issue stand in backticks; everything else is as on any board.
//! <https://linear.app/developers/graphql#adding-mentions-in-markdown>

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::boards::elsewhere::contained;

/// Characters of a comment.
const MOST_CHARS: usize = 60_000;
const HOST: &str = "linear.app/";

/// An agent's text as it may stand in a comment.
pub(super) fn said(text: &str) -> String {
    contained(&quiet(text), MOST_CHARS)
}

/// The text without mentions.
pub(super) fn quiet(text: &str) -> String {
    let folded = text.to_ascii_lowercase();
    if !folded.contains(HOST) {
        return text.to_owned();
    }
    let code = code(text);
    let mut quiet = text.to_owned();
    let mut end = text.len();
    for (at, _) in folded.rmatch_indices(HOST) {
        let place = around(text, at);
        let is_code = code.iter().any(|code| code.start <= at && at < code.end);
        if place.end <= end && !is_code && !leads_to_issue(&folded[at..place.end]) {
            end = place.start;
            quiet.replace_range(place.clone(), &format!("`{}`", &text[place]));
        }
    }
    quiet
}

/// The address in which that is.
fn around(text: &str, at: usize) -> Range<usize> {
    let is_end = |c: char| c.is_whitespace() || "<>()[]{}`\"'|\\".contains(c);
    let start =
        text[..at].rfind(is_end).map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8));
    let end = text[at..].find(is_end).map_or(text.len(), |end| at + end);
    start..end
}

/// Whether an address is one of an issue: `linear.app/acme/issue/ENG-1`.
fn leads_to_issue(address: &str) -> bool {
    address.split('/').nth(2) == Some("issue")
}

/// Where code is.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut code = Vec::new();
    let mut open = None;
    for (event, place) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => open = Some(place.start),
            Event::End(TagEnd::CodeBlock) => code.extend(open.take().map(|start| start..place.end)),
            Event::Code(_) => code.push(place),
            _ => {}
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people_are_shown_and_call_nobody() {
        for (text, expected) in [
            (
                "ask https://linear.app/acme/profiles/ana, please",
                "ask `https://linear.app/acme/profiles/ana,` please",
            ),
            ("see https://linear.app/acme/issue/ENG-1/x", "see https://linear.app/acme/issue/ENG-1/x"),
            ("<https://Linear.app/acme/profiles/ana>", "<`https://Linear.app/acme/profiles/ana`>"),
            ("`https://linear.app/acme/profiles/ana`", "`https://linear.app/acme/profiles/ana`"),
            ("```\nlinear.app/a/profiles/b\n```", "```\nlinear.app/a/profiles/b\n```"),
            (
                "ü linear.app/a/profiles/b\nlinear.app/a/%70rofiles/c",
                "ü `linear.app/a/profiles/b`\n`linear.app/a/%70rofiles/c`",
            ),
            ("linear.app/a/profiles/linear.app/b", "`linear.app/a/profiles/linear.app/b`"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(quiet(text), expected);
        }
        assert_eq!(said("@ana <b>"), "`@ana` &lt;b>");
    }
}
