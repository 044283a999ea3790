//! Protocol faults: what they mean, and the JSON-RPC code of each. The one place that knows the numbers.

use serde_json::Value;

use crate::model::{Code, Era};

/// What went wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not JSON.
    Parse,
    /// JSON, but no message.
    InvalidRequest,
    /// No such method in this era.
    MethodNotFound,
    /// The params are not as they must be.
    InvalidParams,
    /// `_meta` lacks what 2026-07-28 requires.
    InvalidMeta,
    /// No such resource.
    ResourceNotFound,
    /// A header does not say what the body says (2026-07-28).
    HeaderMismatch,
    /// The client did not declare what this needs (2026-07-28).
    MissingCapability,
    /// The protocol version is not supported (2026-07-28).
    UnsupportedVersion,
    /// A fault of ours, or of the store.
    Internal,
}

/// A protocol fault.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ProtocolFault {
    /// What it means.
    pub kind: FaultKind,
    /// One sentence: what is wrong.
    pub message: String,
    /// More, for programs.
    pub data: Option<Box<Value>>,
    /// The id of the request it is about, raw, when the message could be read that far.
    pub id: Option<Box<str>>,
    /// Whether it is about a notification, which gets no answer whatever is wrong with it.
    pub unanswered: bool,
}

impl ProtocolFault {
    /// A fault of that kind.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), data: None, id: None, unanswered: false }
    }

    /// With data.
    pub fn with(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }

    /// About the request with that raw id.
    pub fn about(mut self, id: Option<&str>) -> Self {
        self.id = id.map(Into::into);
        self
    }

    /// About a notification, or not.
    pub fn unanswered(mut self, unanswered: bool) -> Self {
        self.unanswered = unanswered;
        self
    }

    /// The method is unknown in this era.
    pub fn method_not_found(method: &str) -> Self {
        Self::new(FaultKind::MethodNotFound, format!("Method not found: {method}"))
    }

    /// The params are wrong.
    pub fn params(message: impl Into<String>) -> Self {
        Self::new(FaultKind::InvalidParams, message)
    }

    /// The JSON-RPC error code. `-32002` for a missing resource belongs to the legacy era alone.
    pub fn number(&self, era: Era) -> i32 {
        match self.kind {
            FaultKind::Parse => -32700,
            FaultKind::InvalidRequest => -32600,
            FaultKind::MethodNotFound => -32601,
            FaultKind::ResourceNotFound if era == Era::Sessions => -32002,
            FaultKind::InvalidParams | FaultKind::InvalidMeta | FaultKind::ResourceNotFound => -32602,
            FaultKind::HeaderMismatch => -32020,
            FaultKind::MissingCapability => -32021,
            FaultKind::UnsupportedVersion => -32022,
            FaultKind::Internal => -32603,
        }
    }
}

impl FaultKind {
    /// The word the access log has for it.
    pub const fn code(self) -> Code {
        match self {
            Self::MethodNotFound | Self::ResourceNotFound => Code::NotFound,
            Self::InvalidParams => Code::InvalidArguments,
            Self::MissingCapability => Code::ClientCannotAnswer,
            Self::Internal => Code::Internal,
            Self::Parse
            | Self::InvalidRequest
            | Self::InvalidMeta
            | Self::HeaderMismatch
            | Self::UnsupportedVersion => Code::BadRequest,
        }
    }
}
