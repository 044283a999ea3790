//! What a tool, prompt or resource sees of the call it answers: never which era or transport it came by.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::RequestId;
use crate::model::Principal;

/// Something a client may be able to do for a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Ask its user (`elicitation/create`).
    Elicitation,
    /// Ask its model (`sampling/createMessage`).
    Sampling,
    /// Name its folders (`roots/list`).
    Roots,
}

impl Capability {
    /// The member of `ClientCapabilities` that declares it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
        }
    }

    /// The method that asks for it.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation/create",
            Self::Sampling => "sampling/createMessage",
            Self::Roots => "roots/list",
        }
    }
}

/// Severity of a log message, as MCP has it (RFC 5424).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "RFC 5424 section 6.2.1 defines the words")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

/// The channel to the caller while a call runs. Nothing sent here waits: a slow reader loses, not the tool.
pub trait ClientChannel: Send + Sync {
    /// Reports progress, if the caller gave a token.
    fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>);
    /// Sends a log message, if the caller asked for that level.
    fn log(&self, level: LogLevel, logger: &str, data: Value);
    /// Whether the caller declared the capability.
    fn supports(&self, capability: Capability) -> bool;
    /// Ends the answer's connection early; the answer waits to be fetched where the era allows that.
    fn close_stream(&self);
    /// Returns once nobody is there to take the answer, for now or for good.
    fn left(&self) -> BoxFuture<'_, ()>;
    /// Whether somebody is there: `true` at once, or when they come back within 5 seconds; `false` when nobody does, or
    /// the call was cancelled.
    fn is_back(&self) -> BoxFuture<'_, bool>;
}

/// One thing to ask the client.
#[derive(Clone, Debug)]
pub struct InputRequest {
    /// The key its answer comes back under.
    pub key: String,
    /// What it takes to answer.
    pub needs: Capability,
    /// The params of the request.
    pub params: Value,
}

/// The input a tool needs of the client before its first effect. It returns this and is run again with the answers.
#[derive(Clone, Debug, Default)]
pub struct InputRequests(pub Vec<InputRequest>);

/// The answers of the client so far, by key. Written by the client: to be checked like any argument.
pub type InputResponses = BTreeMap<String, Value>;

/// The call as its callee sees it.
#[derive(Clone)]
pub struct CallContext {
    /// Who calls.
    pub principal: Arc<Principal>,
    /// Names the call.
    pub request_id: RequestId,
    /// Fires when nobody waits for the answer any more, or the gateway is about to stop.
    pub cancel: CancellationToken,
    /// The channel to the caller while the call runs.
    pub client: Arc<dyn ClientChannel>,
    /// What the client has answered so far.
    pub input_responses: Arc<InputResponses>,
}
