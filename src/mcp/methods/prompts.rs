//! `prompts/get`: renders a prompt, with the input it asks the client for.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::{input::InputFailure, params::Params};
use crate::{
    mcp::{
        call::Call,
        jsonrpc::{JsonRpcResponse, Members, ProtocolFault, ResultBody, to_json},
        server::Reply,
    },
    model::{CallContext, InputRequests, InputResponses},
    prompts::{Prompt, PromptArguments, PromptMessage, PromptOutput},
};

#[derive(Serialize)]
struct Rendered {
    description: &'static str,
    messages: Vec<PromptMessage>,
}

pub(super) fn start(mut call: Call, params: &Params<'_>) -> Reply {
    match read(&mut call, params) {
        Ok((arguments, given)) => call.pending(|call| run(call, arguments, given)),
        Err(fault) => call.ready(Err(fault)),
    }
}

fn read(call: &mut Call, params: &Params<'_>) -> Result<(PromptArguments, InputResponses), ProtocolFault> {
    let name = params.text("name")?;
    let prompt = call.server.features.prompts.find(&name);
    call.name = prompt.ok_or_else(|| unknown(&name))?.name();
    let given = params.members.get("arguments").map(|raw| Members::parse(raw, "arguments")).transpose()?;
    let given = given.unwrap_or_default();
    let expected = |name| ProtocolFault::params(format!("arguments.{name}: expected text"));
    let arguments = given.texts().map_err(expected)?;
    let given = call.given_input(params, to_json(&arguments).as_bytes())?;
    Ok((arguments, given))
}

async fn run(call: Arc<Call>, arguments: PromptArguments, given: InputResponses) -> JsonRpcResponse {
    let server = Arc::clone(&call.server);
    let Some(prompt) = server.features.prompts.find(call.name) else {
        return call.finish(Err(unknown(call.name)), None);
    };
    let bound_to = to_json(&arguments);
    let once = |context| once(prompt, &arguments, context);
    let outcome = match call.with_input(bound_to.as_bytes(), given, once).await {
        Ok(rendered) => rendered,
        Err(InputFailure::Retry(result)) => Ok(result),
        Err(InputFailure::Fault(fault)) => Err(fault),
        Err(InputFailure::Failed(code, text)) => Err(ProtocolFault::params(text).with(json!({"code": code}))),
    };
    call.finish(outcome, None)
}

/// What rendering the prompt once comes to: its messages, or what it must ask first.
async fn once(
    prompt: &Prompt,
    arguments: &PromptArguments,
    context: CallContext,
) -> Result<Result<ResultBody, ProtocolFault>, InputRequests> {
    let output = match prompt.start(context, arguments.clone()) {
        Ok(rendering) => rendering.await,
        Err(error) => return Ok(Err(ProtocolFault::params(error.to_string()))),
    };
    match output {
        PromptOutput::InputRequired(requests) => Err(requests),
        PromptOutput::Messages(messages) => {
            let rendered = Rendered { description: prompt.description(), messages };
            Ok(Ok(ResultBody::plain(&rendered)))
        }
    }
}

fn unknown(name: &str) -> ProtocolFault {
    ProtocolFault::params(format!("Unknown prompt: {name}"))
}
