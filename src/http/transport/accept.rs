//! What a client takes as an answer (`Accept`): JSON, events, or both. A client that says nothing of either is given what
//! suits the answer.

use axum::http::{HeaderMap, HeaderValue, header};

/// The forms of an answer a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// JSON alone: one answer, nothing before it.
    Json,
    /// Events alone.
    Events,
    /// Either.
    Both,
}

/// What nearly every client sends.
const USUAL: &[u8] = b"application/json, text/event-stream";

impl Accepts {
    pub fn of(headers: &HeaderMap) -> Self {
        if headers.get(header::ACCEPT).is_none_or(|value| value.as_bytes() == USUAL) {
            return Self::Both;
        }
        match (takes(headers, "application", "json"), takes(headers, "text", "event-stream")) {
            (true, false) => Self::Json,
            (false, true) => Self::Events,
            _ => Self::Both,
        }
    }
}

/// Whether the most specific range that covers a type has a weight above zero (RFC 9110, 12.5.1).
fn takes(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|value| HeaderValue::to_str(value).ok());
    let covering = ranges.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (first, second) = parts.next()?.split_once('/')?;
        let specificity = match (first.eq_ignore_ascii_case(kind), second.eq_ignore_ascii_case(subtype)) {
            (true, true) => 2,
            (true, false) if second == "*" => 1,
            _ if (first, second) == ("*", "*") => 0,
            _ => return None,
        };
        let weight = parts.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok())?
        });
        Some((specificity, weight.is_none_or(|weight| weight > 0.0)))
    });
    covering.max().is_some_and(|(_, taken)| taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(values: &[&'static str]) -> Accepts {
        let pairs = values.iter().map(|value| (header::ACCEPT, HeaderValue::from_static(value)));
        Accepts::of(&pairs.collect())
    }

    #[test]
    fn one_form_alone_is_told_from_both() {
        for both in [
            &[][..],
            &["*/*"],
            &["application/json, text/event-stream"],
            &["text/event-stream,application/json;q=0.5"],
            &["application/json, text/plain, */*"],
            &["application/json", "text/event-stream"],
            &["application/*, text/*"],
            &["text/html"],
            &[""],
        ] {
            assert_eq!(accepts(both), Accepts::Both, "{both:?}");
        }
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/*",
            "application/json, text/event-stream;q=0",
            "*/*, text/event-stream; q=0.0",
        ] {
            assert_eq!(accepts(&[json]), Accepts::Json, "{json}");
        }
        for events in ["text/event-stream", "text/*", "text/event-stream, application/json;q=0"] {
            assert_eq!(accepts(&[events]), Accepts::Events, "{events}");
        }
    }
}
