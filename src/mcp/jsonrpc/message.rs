//! One JSON-RPC 2.0 message, borrowed from the bytes it came in. Arguments stay raw. Refused here: malformed JSON, a member
//! given twice. What is refused of a notification is refused in silence.

use std::borrow::Cow;

use super::{
    error::{FaultKind, ProtocolFault},
    id,
    members::{Members, is_notification},
};

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

impl<'a> Message<'a> {
    /// Reads one message.
    pub fn parse(text: &'a str) -> Result<Self, ProtocolFault> {
        Self::read(text).map_err(|fault| fault.unanswered(is_notification(text)))
    }

    fn read(text: &'a str) -> Result<Self, ProtocolFault> {
        let envelope: Members<'a> = serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                let fault = Members::parse(text, "message").err();
                return fault.map_or_else(
                    || invalid("message"),
                    |f| ProtocolFault::new(FaultKind::InvalidRequest, f.message),
                );
            }
            malformed(&error.to_string())
        })?;
        if envelope.text("jsonrpc").as_deref() != Some("2.0") {
            return Err(invalid("`jsonrpc` must be \"2.0\""));
        }
        let id = envelope.given("id");
        if id.is_some_and(|raw| !id::is_id(raw)) {
            return Err(invalid("`id` must be a string or a whole number"));
        }
        let outcome = envelope.get("result").map(Ok).or_else(|| envelope.get("error").map(Err));
        match (envelope.get("method"), id, outcome) {
            (Some(_), id, None) => Self::call(&envelope, id),
            (None, Some(id), Some(outcome)) => Ok(Self::Response { id, outcome }),
            // Nothing is a result too.
            (None, Some(id), None) if envelope.given("result").is_some() => {
                Ok(Self::Response { id, outcome: Ok("null") })
            }
            _ => Err(invalid("expected a request, a notification or a response")),
        }
    }

    fn call(envelope: &Members<'a>, id: Option<&'a str>) -> Result<Self, ProtocolFault> {
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
}

pub(super) fn malformed(detail: &str) -> ProtocolFault {
    ProtocolFault::new(FaultKind::Parse, format!("the body is not JSON: {detail}"))
}

pub(super) fn invalid(detail: &str) -> ProtocolFault {
    ProtocolFault::new(FaultKind::InvalidRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_absent_but_for_the_id() {
        let every_member =
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null,"result":null,"error":null}"#;
        assert!(matches!(Message::parse(every_member), Ok(Message::Request(request)) if request.id == "1"));
        let answered = r#"{"jsonrpc":"2.0","id":"a","method":null,"result":{},"error":null}"#;
        assert!(matches!(Message::parse(answered), Ok(Message::Response { outcome: Ok("{}"), .. })));
        let refused = r#"{"jsonrpc":"2.0","id":"a","result":null,"error":{"code":1}}"#;
        assert!(matches!(Message::parse(refused), Ok(Message::Response { outcome: Err(_), .. })));
        let nothing = r#"{"jsonrpc":"2.0","id":"a","result":null}"#;
        assert!(matches!(Message::parse(nothing), Ok(Message::Response { outcome: Ok("null"), .. })));
    }
}
