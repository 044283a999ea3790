//! JSON-RPC 2.0 envelopes, borrowed from the bytes they came in. Arguments stay raw. Refused here: malformed JSON,
//! nesting deeper than 64, a member given twice.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, FaultKind};

/// Deepest nesting of arrays and objects.
const MAX_DEPTH: usize = 64;
/// Members of an envelope, of params or of `_meta`: every two are compared.
const MAX_MEMBERS: usize = 128;
/// Messages of one batch.
const MAX_BATCH: usize = 100;
const TOO_MANY: &str = "more than 128 members";
const DUPLICATE: &str = "the member is given twice: ";

/// The members of one JSON object, in order, their values raw. Parsing fails when a name occurs twice.
#[derive(Debug, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of `raw`, which must be an object.
    pub fn parse(raw: &'a str, what: &'static str) -> Result<Self, Fault> {
        serde_json::from_str(raw).map_err(|error| {
            let text = error.to_string();
            match text.split_once(DUPLICATE) {
                Some((_, name)) => {
                    let name = name.split(" at line").next().unwrap_or_default();
                    Fault::new(FaultKind::InvalidRequest, format!("{what}: `{name}` is given twice"))
                }
                None if text.starts_with(TOO_MANY) => {
                    Fault::new(FaultKind::InvalidRequest, format!("{what}: {TOO_MANY}"))
                }
                None => Fault::new(FaultKind::InvalidParams, format!("{what}: expected an object")),
            }
        })
    }

    /// The raw value of a member.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// The text of a string member; `None` when absent or not a string.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = self.get(name)?;
        let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            return serde_json::from_str(raw).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a member name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        reader.deserialize_str(Text)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(6);
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format_args!("{DUPLICATE}{name}")));
                    }
                    if members.len() >= MAX_MEMBERS {
                        return Err(serde::de::Error::custom(TOO_MANY));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// A request: it gets exactly one answer.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its id as it was written: a string or a whole number.
    pub id: &'a str,
    /// The method.
    pub method: Cow<'a, str>,
    /// The params; empty when absent.
    pub params: Members<'a>,
}

/// One message.
#[derive(Debug)]
pub enum Message<'a> {
    /// A request.
    Request(Request<'a>),
    /// A notification: it gets no answer.
    Notification {
        /// The method.
        method: Cow<'a, str>,
        /// The params; empty when absent.
        params: Members<'a>,
    },
    /// An answer to a request of ours.
    Response {
        /// The id we gave, as it was written.
        id: &'a str,
        /// The result, or the error object, raw.
        outcome: Result<&'a str, &'a str>,
    },
}

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
    pub fn no_batches() -> Fault {
        Fault::new(FaultKind::InvalidRequest, "batches exist in 2025-03-26 only: send one message at a time")
    }
}

impl<'a> Packet<'a> {
    /// Reads a body.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body is not UTF-8"))?;
        if depth(bytes) > MAX_DEPTH {
            return Err(Fault::new(FaultKind::InvalidRequest, "the JSON is nested deeper than 64 levels"));
        }
        match text.trim_start().as_bytes().first() {
            None => Err(malformed("the body is empty")),
            Some(b'{') => Message::parse(text).map(Self::One),
            Some(b'[') => {
                let batch: Batch<'a> =
                    serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
                if batch.is_empty() || batch.len() > MAX_BATCH {
                    return Err(Fault::new(FaultKind::InvalidRequest, "a batch holds 1 to 100 messages"));
                }
                Ok(Self::Batch(batch))
            }
            Some(_) => {
                serde_json::from_str::<&RawValue>(text).map_err(|error| malformed(&error.to_string()))?;
                Err(Fault::new(FaultKind::InvalidRequest, "expected a JSON-RPC object"))
            }
        }
    }
}

impl<'a> Message<'a> {
    /// Reads one message.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        let envelope: Members<'a> = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                let fault = Members::parse(text, "message").err();
                return fault.map_or_else(
                    || invalid("message"),
                    |f| Fault::new(FaultKind::InvalidRequest, f.message),
                );
            }
            malformed(&error.to_string())
        })?;
        if envelope.text("jsonrpc").as_deref() != Some("2.0") {
            return Err(invalid("`jsonrpc` must be \"2.0\""));
        }
        let id = envelope.get("id");
        if id.is_some_and(|id| !is_id(id)) {
            return Err(invalid("`id` must be a string or a whole number"));
        }
        let outcome = envelope.get("result").map(Ok).or_else(|| envelope.get("error").map(Err));
        match (envelope.get("method"), id, outcome) {
            (Some(_), id, None) => {
                let method = envelope.text("method").ok_or_else(|| invalid("`method` must be a string"))?;
                let params = match envelope.get("params") {
                    Some(raw) => Members::parse(raw, "params").map_err(|fault| fault.about(id))?,
                    None => Members::default(),
                };
                Ok(match id {
                    Some(id) => Self::Request(Request { id, method, params }),
                    None => Self::Notification { method, params },
                })
            }
            (None, Some(id), Some(outcome)) => Ok(Self::Response { id, outcome }),
            _ => Err(invalid("expected a request, a notification or a response")),
        }
    }
}

fn malformed(detail: &str) -> Fault {
    Fault::new(FaultKind::Parse, format!("the body is not JSON: {detail}"))
}

fn invalid(detail: &str) -> Fault {
    Fault::new(FaultKind::InvalidRequest, detail)
}

fn is_id(raw: &str) -> bool {
    raw.starts_with('"') || raw.strip_prefix('-').unwrap_or(raw).bytes().all(|byte| byte.is_ascii_digit())
}

/// How deep arrays and objects are nested, brackets in strings aside.
fn depth(bytes: &[u8]) -> usize {
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
    fn brackets_in_strings_are_no_nesting() {
        assert_eq!(depth(br#"{"a":"[[[[\"[[","b":[{}]}"#), 3);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = Packet::parse(&bytes);
        }
    }
}
