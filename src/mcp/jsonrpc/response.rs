//! Writing messages. Results are JSON object text; what an era adds to them is put in here.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::error::{FaultKind, ProtocolFault};
use crate::model::Era;

/// An outgoing JSON-RPC response, or those to a batch.
#[derive(Debug, Clone)]
pub struct JsonRpcResponse {
    /// Its text.
    pub body: JsonText,
    /// What kind of fault it reports, for the transport's status.
    pub fault: Option<FaultKind>,
    /// Whether a call ended in it, which was then observed; else the message never became a call.
    pub observed: bool,
}

/// JSON text, in pieces where copying it together would double it.
#[derive(Debug, Clone)]
pub enum JsonText {
    /// In one piece.
    One(Bytes),
    /// In several, in their order.
    Pieces(Vec<Bytes>),
}

impl JsonText {
    /// An array of those; `None` if there are none.
    pub(crate) fn joined(items: impl Iterator<Item = Bytes>) -> Option<Self> {
        let mut pieces = Vec::new();
        for item in items {
            pieces.push(Bytes::from_static(if pieces.is_empty() { b"[" } else { b"," }));
            pieces.push(item);
        }
        let is_empty = pieces.is_empty();
        pieces.push(Bytes::from_static(b"]"));
        (!is_empty).then_some(Self::Pieces(pieces))
    }

    /// All of it in one piece.
    pub fn whole(self) -> Bytes {
        match self {
            Self::One(text) => text,
            Self::Pieces(pieces) => pieces.concat().into(),
        }
    }
}

/// A result before its era is known.
#[derive(Debug)]
pub(crate) struct ResultBody {
    /// A JSON object's text.
    pub(crate) json: String,
    pub(crate) kind: ResultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultKind {
    /// Nothing to add but `resultType`.
    Plain,
    /// A client may keep it this long (2026-07-28, caching).
    Cacheable { ttl_millis: u32 },
    /// It says its own `resultType`.
    InputRequired,
    /// It says its own `resultType` and `_meta`.
    SelfDescribed,
}

impl ResultBody {
    pub(crate) fn plain(value: &impl Serialize) -> Self {
        Self { json: to_json(value), kind: ResultKind::Plain }
    }

    pub(crate) fn cacheable(value: &impl Serialize, ttl_millis: u32) -> Self {
        Self { json: to_json(value), kind: ResultKind::Cacheable { ttl_millis } }
    }

    pub(crate) fn empty() -> Self {
        Self { json: String::from("{}"), kind: ResultKind::Plain }
    }
}

/// Any of our own values as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our values are plain JSON with string keys")
}

/// What 2026-07-28 puts into every result: who answers.
#[derive(Debug)]
pub(crate) struct Encoder {
    server_info: String,
}

impl Encoder {
    pub(crate) fn new(server_info: &Value) -> Self {
        let meta = format!(r#""_meta":{{"io.modelcontextprotocol/serverInfo":{server_info}}}"#);
        Self { server_info: meta }
    }

    /// The answer to the request with that raw id.
    pub(crate) fn answer(
        &self,
        id: &str,
        outcome: Result<ResultBody, ProtocolFault>,
        era: Era,
    ) -> JsonRpcResponse {
        match outcome {
            Ok(body) => JsonRpcResponse {
                body: JsonText::One(self.result(id, &body, era)),
                fault: None,
                observed: true,
            },
            Err(fault) => JsonRpcResponse { observed: true, ..fault_response(Some(id), &fault, era) },
        }
    }

    fn result(&self, id: &str, body: &ResultBody, era: Era) -> Bytes {
        let inner = body.json.strip_prefix('{').expect("a result is a JSON object");
        let mut text = String::with_capacity(body.json.len() + id.len() + self.server_info.len() + 120);
        text.push_str(r#"{"jsonrpc":"2.0","id":"#);
        text.push_str(id);
        text.push_str(r#","result":{"#);
        if era == Era::Stateless {
            match body.kind {
                ResultKind::Plain => text.push_str(r#""resultType":"complete","#),
                ResultKind::Cacheable { ttl_millis } => {
                    text.push_str(r#""resultType":"complete","ttlMs":"#);
                    text.push_str(&ttl_millis.to_string());
                    text.push_str(r#","cacheScope":"private","#);
                }
                ResultKind::InputRequired | ResultKind::SelfDescribed => {}
            }
            if body.kind != ResultKind::SelfDescribed {
                text.push_str(&self.server_info);
                text.push_str(if inner == "}" { "" } else { "," });
            }
        }
        text.push_str(inner);
        text.push('}');
        text.into()
    }
}

impl JsonRpcResponse {
    /// The refusal of what is no message of an era; `None` to a notification.
    pub fn refusal(fault: &ProtocolFault) -> Option<Self> {
        // The eras differ in the code for a missing resource alone.
        (!fault.unanswered).then(|| fault_response(None, fault, Era::Sessions))
    }
}

/// The answer that reports a fault; the id is `null` when the message could not be read that far.
pub(crate) fn fault_response(id: Option<&str>, fault: &ProtocolFault, era: Era) -> JsonRpcResponse {
    let id = id.or(fault.id.as_deref()).unwrap_or("null");
    let data = fault.data.as_ref().map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
    let message = to_json(&fault.message);
    let code = fault.number(era);
    let body =
        format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message}{data}}}}}"#);
    JsonRpcResponse { body: JsonText::One(body.into()), fault: Some(fault.kind), observed: false }
}

/// A notification.
pub(crate) fn notification(method: &str, params: &Value) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#).into()
}

/// A request of ours; `id` is plain text.
pub(crate) fn request(id: &str, method: &str, params: &Value) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"{method}","params":{params}}}"#).into()
}
