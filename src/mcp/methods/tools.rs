//! `tools/call`: runs a tool, with the input it asks the client for, and shapes its result.

use std::{sync::Arc, task::Poll};

use bytes::Bytes;
use serde::Serialize;

use super::{input::InputFailure, params::Params};
use crate::{
    mcp::{
        call::Call,
        jsonrpc::{JsonRpcResponse, ProtocolFault, ResultBody, ResultKind, to_json},
        server::Reply,
    },
    model::{CallContext, Code, Content, InputRequests, InputResponses},
    tools::{RegisteredTool, Running, ToolError, ToolOutput},
};

#[derive(Serialize)]
struct Blocks {
    content: Vec<Content>,
    #[serde(rename = "isError", skip_serializing_if = "std::ops::Not::not")]
    is_error: bool,
}

pub(super) fn start(mut call: Call, params: &Params<'_>) -> Reply {
    match read(&mut call, params) {
        Ok((tool, arguments, given)) => call.pending(|call| run(call, tool, arguments, given)),
        Err(fault) => call.ready(Err(fault)),
    }
}

fn read(
    call: &mut Call,
    params: &Params<'_>,
) -> Result<(Arc<RegisteredTool>, Bytes, InputResponses), ProtocolFault> {
    let name = params.text("name")?;
    let tool = call.server.features.tools.find(&name);
    let tool = tool.ok_or_else(|| ProtocolFault::params(format!("Unknown tool: {name}")))?;
    call.name = tool.name();
    params.check_headers_of(&tool)?;
    let arguments = params.arguments();
    let given = call.given_input(params, &arguments)?;
    Ok((tool, arguments, given))
}

async fn run(
    call: Arc<Call>,
    tool: Arc<RegisteredTool>,
    arguments: Bytes,
    given: InputResponses,
) -> JsonRpcResponse {
    let once = |context| once(&call, &tool, &arguments, context);
    match call.with_input(&arguments, given, once).await {
        Ok(Ok(result)) | Err(InputFailure::Retry(result)) => call.finish(Ok(result), None),
        Ok(Err(error)) => fail(&call, &error),
        Err(InputFailure::Fault(fault)) => call.finish(Err(fault), None),
        Err(InputFailure::Failed(code, text)) => fail(&call, &ToolError::new(code, text)),
    }
}

/// What one run of the tool comes to: its result, or what it must ask first.
async fn once(
    call: &Call,
    tool: &RegisteredTool,
    arguments: &Bytes,
    context: CallContext,
) -> Result<Result<ResultBody, ToolError>, InputRequests> {
    let output = match tool.start(&context, arguments) {
        Ok(running) => unless_cancelled(call, running).await,
        Err(error) => Err(error),
    };
    match output {
        Ok(ToolOutput::InputRequired(requests)) => Err(requests),
        Ok(ToolOutput::Structured(json)) => Ok(Ok(structured(&json))),
        Ok(ToolOutput::Content(content)) => Ok(Ok(ResultBody::plain(&Blocks { content, is_error: false }))),
        Err(error) => Ok(Err(error)),
    }
}

/// What `running` comes to, or that the call was cancelled, which begins nothing more.
async fn unless_cancelled(call: &Call, mut running: Running<'_>) -> Result<ToolOutput, ToolError> {
    let cancel = &call.context.cancel;
    let mut cancelled = std::pin::pin!(cancel.cancelled());
    let failure = || Err(ToolError::new(Code::Cancelled, "the call was cancelled"));
    std::future::poll_fn(|context| {
        if cancel.is_cancelled() {
            return Poll::Ready(failure());
        }
        // Waiting for the cancellation costs a call that is ready at once more than finding it out.
        match running.as_mut().poll(context) {
            Poll::Pending => cancelled.as_mut().poll(context).map(|()| failure()),
            ready @ Poll::Ready(_) => ready,
        }
    })
    .await
}

/// A tool failure: a good result that says `isError`. It has no `structuredContent`, which would have to fit the tool's
/// output schema.
fn fail(call: &Call, error: &ToolError) -> JsonRpcResponse {
    error.log();
    let text = if error.plain { error.error.clone() } else { to_json(error) };
    let blocks = Blocks { content: vec![Content::text(text)], is_error: true };
    call.finish(Ok(ResultBody::plain(&blocks)), Some(error.code))
}

fn structured(json: &str) -> ResultBody {
    // Put together as text: a typed answer is JSON, which need not be read again to be embedded.
    let text = to_json(&json);
    let mut result = String::with_capacity(json.len() + text.len() + 80);
    result.push_str(r#"{"content":[{"type":"text","text":"#);
    result.push_str(&text);
    result.push_str(r#"}],"structuredContent":"#);
    result.push_str(json);
    result.push('}');
    ResultBody { json: result, kind: ResultKind::Plain }
}
