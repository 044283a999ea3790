//! `completion/complete`: values for a prompt's argument or a template's variable while it is typed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::{params::Params, resources::fault};
use crate::mcp::{
    call::Call,
    jsonrpc::{JsonRpcResponse, Members, ProtocolFault, ResultBody},
    server::Reply,
};

/// Values of one answer (schema 2025-11-25, `CompleteResult`).
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Reference {
    #[serde(rename = "ref/prompt")]
    Prompt { name: String },
    #[serde(rename = "ref/resource")]
    Resource { uri: String },
}

#[derive(Deserialize)]
struct Argument {
    name: String,
    value: String,
}

/// What is to be completed.
struct CompletionRequest {
    reference: Reference,
    argument: Argument,
}

pub(super) fn start(call: Call, params: &Params<'_>) -> Reply {
    match CompletionRequest::read(params.members) {
        Ok(wanted) => call.pending(|call| run(call, wanted)),
        Err(fault) => call.ready(Err(fault)),
    }
}

impl CompletionRequest {
    fn read(params: &Members<'_>) -> Result<Self, ProtocolFault> {
        let reference = params.get("ref").and_then(|raw| serde_json::from_str(raw).ok());
        let argument = params.get("argument").and_then(|raw| serde_json::from_str(raw).ok());
        Ok(Self {
            reference: reference
                .ok_or_else(|| ProtocolFault::params("ref: expected a ref/prompt or ref/resource"))?,
            argument: argument.ok_or_else(|| ProtocolFault::params("argument: expected {name, value}"))?,
        })
    }
}

async fn run(call: Arc<Call>, wanted: CompletionRequest) -> JsonRpcResponse {
    let CompletionRequest { reference, argument: Argument { name, value } } = wanted;
    let features = &call.server.features;
    let found = match &reference {
        Reference::Prompt { name: prompt } => {
            Ok(features.prompts.find(prompt).and_then(|prompt| prompt.complete(&name, &value)))
        }
        Reference::Resource { uri } => {
            features.resources.complete(&call.context.principal, uri, &name, &value).await
        }
    };
    let outcome = match found {
        Ok(Some(mut values)) => {
            // One more than is shown says that there are more, not how many.
            let more = values.len() > MOST;
            values.truncate(MOST);
            let mut completion = json!({"values": values, "hasMore": more});
            if !more {
                completion["total"] = values.len().into();
            }
            Ok(ResultBody::plain(&json!({"completion": completion})))
        }
        Ok(None) => Err(ProtocolFault::params("ref: there is no such prompt, template or argument")),
        Err(error) => Err(fault(&error, "")),
    };
    call.finish(outcome, None)
}
