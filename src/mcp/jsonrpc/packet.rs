//! What one body holds: a message, or several. Refused here: what is not UTF-8, nesting deeper than 64, a batch of the
//! wrong size.

use serde_json::value::RawValue;

use super::{
    error::{FaultKind, ProtocolFault},
    members::is_notification,
    message::{Message, invalid, malformed},
};

/// Deepest nesting of arrays and objects.
const MAX_DEPTH: usize = 64;
/// Messages of one batch.
const MAX_BATCH: usize = 100;
/// What some editors and shells put before text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The raw messages of a batch (2025-03-26 only).
pub type Batch<'a> = Vec<&'a RawValue>;

/// What one body holds.
#[derive(Debug)]
pub enum Packet<'a> {
    /// One message.
    One(Message<'a>),
    /// Several.
    Batch(Batch<'a>),
}

impl Packet<'_> {
    /// The refusal of a batch outside the one revision that has them.
    pub fn no_batches() -> ProtocolFault {
        ProtocolFault::new(
            FaultKind::InvalidRequest,
            "batches exist in 2025-03-26 only: send one message at a time",
        )
    }
}

impl<'a> Packet<'a> {
    /// Reads a body.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ProtocolFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body is not UTF-8"))?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if depth(bytes) > MAX_DEPTH {
            return Err(invalid("the JSON is nested deeper than 64 levels").unanswered(is_notification(text)));
        }
        match text.trim_start().as_bytes().first() {
            None => Err(malformed("the body is empty")),
            Some(b'{') => Message::parse(text).map(Self::One),
            Some(b'[') => {
                let batch: Batch<'a> =
                    serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
                if batch.is_empty() || batch.len() > MAX_BATCH {
                    return Err(ProtocolFault::new(
                        FaultKind::InvalidRequest,
                        "a batch holds 1 to 100 messages",
                    ));
                }
                Ok(Self::Batch(batch))
            }
            Some(_) => {
                serde_json::from_str::<&RawValue>(text).map_err(|error| malformed(&error.to_string()))?;
                Err(ProtocolFault::new(FaultKind::InvalidRequest, "expected a JSON-RPC object"))
            }
        }
    }
}

/// How deep arrays and objects are nested at most; exact, brackets in strings aside, when there are many.
fn depth(bytes: &[u8]) -> usize {
    // A count is several times quicker than looking at what stands in strings, and nearly always enough.
    let opened = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if opened <= MAX_DEPTH {
        return opened;
    }
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> FaultKind {
        match Packet::parse(body.as_bytes()) {
            Err(fault) => fault.kind,
            Ok(packet) => panic!("{body} was taken as {packet:?}"),
        }
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for body in ["", "  ", "{", "{\"jsonrpc\":", "[1,", "nonsense", "{\"a\":1}}"] {
            assert_eq!(refusal(body), FaultKind::Parse, "{body}");
        }
        assert!(
            matches!(Packet::parse(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}"), Err(f) if f.kind == FaultKind::Parse)
        );
    }

    #[test]
    fn what_is_json_but_no_message_is_an_invalid_request() {
        let members: Vec<_> = (0..200).map(|number| format!(r#""m{number}":0"#)).collect();
        let wide = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{{}}}}}"#, members.join(","));
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"x":{}{}}}}}"#,
            "[".repeat(70),
            "]".repeat(70)
        );
        for body in [
            "1",
            "\"text\"",
            "[]",
            r#"{"jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":null}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"JSONRPC":"2.0","id":1,"method":"ping"}"#,
            &deep,
            &wide,
        ] {
            assert_eq!(refusal(body), FaultKind::InvalidRequest, "{body}");
        }
    }

    #[test]
    fn a_faulty_notification_is_refused_in_silence_and_nothing_else_is() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","method":"n","params":{{"x":{}{}}}}}"#,
            "[".repeat(70),
            "]".repeat(70)
        );
        let unanswered = |body: &str| Packet::parse(body.as_bytes()).unwrap_err().unanswered;
        for body in [
            r#"{"jsonrpc":"2.0","method":"n","params":[1]}"#,
            r#"{"jsonrpc":"2.0","method":"n","params":"x"}"#,
            r#"{"jsonrpc":"2.0","method":"n","params":{"a":1,"a":2}}"#,
            r#"{"jsonrpc":"1.0","method":"n"}"#,
            r#"{"method":"n"}"#,
            r#"{"jsonrpc":"2.0","method":7}"#,
            r#"{"jsonrpc":"2.0","method":"n","method":"n"}"#,
            r#"{"jsonrpc":"2.0","method":"n","result":{}}"#,
            &deep,
        ] {
            assert!(unanswered(body), "{body}");
        }
        for body in [
            r#"{"jsonrpc":"2.0","id":null,"method":"n"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"n"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"n","params":[1]}"#,
            r#"{"jsonrpc":"2.0","method":"n""#,
            r#"{"jsonrpc":"2.0","method":null}"#,
        ] {
            assert!(!unanswered(body), "{body}");
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_body_is_dropped() {
        let marked = "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
        assert!(matches!(Packet::parse(marked.as_bytes()), Ok(Packet::One(Message::Request(_)))));
    }

    #[test]
    fn brackets_in_strings_are_no_nesting() {
        let strings = format!(r#"{{"a":"{}\"[[","b":[{{}}]}}"#, "[".repeat(100));
        assert_eq!(depth(strings.as_bytes()), 3);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Packet::parse(&bytes);
        }
    }
}
