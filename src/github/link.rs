//! The `Link` header (RFC 8288): where a list goes on. What is not as it has to be is no link.

/// The target of the link with `rel=next`, as it stands there.
pub fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (target, after) = rest.trim_start_matches([' ', '\t', ',']).strip_prefix('<')?.split_once('>')?;
        let (is_next, after) = parameters(after);
        if is_next {
            return Some(target.trim());
        }
        rest = after;
    }
}

/// Whether the parameters of a link call it the next, and what stands after them.
fn parameters(text: &str) -> (bool, &str) {
    let (mut rest, mut relation) = (text.trim_start(), None);
    while let Some(after) = rest.strip_prefix(';') {
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (value, after) = after.strip_prefix('=').map_or(("", after), value);
        // Of several, the first counts.
        if name.trim().eq_ignore_ascii_case("rel") && relation.is_none() {
            relation = Some(value);
        }
        rest = after.trim_start();
    }
    let mut words = relation.unwrap_or_default().split_ascii_whitespace();
    (words.any(|word| word.eq_ignore_ascii_case("next")), rest)
}

/// A value, in quotes or without, and what stands after it.
fn value(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split_at(text.find([';', ',']).unwrap_or(text.len()));
    };
    let mut is_escaped = false;
    for (at, byte) in quoted.bytes().enumerate() {
        match byte {
            b'"' if !is_escaped => return (&quoted[..at], &quoted[at + 1..]),
            _ => is_escaped = byte == b'\\' && !is_escaped,
        }
    }
    (quoted, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_however_it_is_written() {
        for header in [
            "<https://a/x?page=2>; rel=\"next\", <https://a/x?page=9>; rel=\"last\"",
            "<https://a/x?page=1>; rel=\"prev\", <https://a/x?page=2>; rel=\"next\"",
            "<https://a/x?page=2>;REL=Next",
            "<https://a/x?page=2>; title=\"a, <https://b>; rel=\\\"last\\\"\"; rel=\"next last\"",
            " , <https://a/x?page=2>  ;  rel = next ; type=a",
            "<https://a/1>; rel=first; rel=next,<https://a/x?page=2>; foo; rel=next",
        ] {
            assert_eq!(next_link(header), Some("https://a/x?page=2"), "{header}");
        }
        for header in
            ["", "<https://a>", "<https://a", "https://a; rel=next", "<https://a>; rel=\"nextt\"", "<a>; rel"]
        {
            assert_eq!(next_link(header), None, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_breaks_it(header in "[<>;,=\" \\\\a-z:/é]{0,80}") {
            let _ = next_link(&header);
        }
    }
}
