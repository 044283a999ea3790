//! `tools/call`: runs a tool, asks the client for it, and shapes its result.

use std::{sync::Arc, task::Poll};

use bytes::Bytes;
use serde::Serialize;

use super::input::{AskFailure, Asked};
use crate::{
    mcp::{
        call::Call,
        jsonrpc::{JsonRpcResponse, ResultBody, ResultKind, to_json},
    },
    model::{Code, Content, InputResponses},
    tools::{Running, Tool, ToolError, ToolOutput},
};

#[derive(Serialize)]
struct Blocks {
    content: Vec<Content>,
    #[serde(rename = "isError", skip_serializing_if = "std::ops::Not::not")]
    is_error: bool,
}

impl Call {
    /// Runs `tool` to its answer. `arguments` is the JSON text of an object.
    pub(super) async fn run_tool(
        self,
        tool: Arc<Tool>,
        arguments: Bytes,
        answers: InputResponses,
    ) -> JsonRpcResponse {
        let mut answers = Arc::new(answers);
        loop {
            let output = match tool.start(self.callee_context(&answers), &arguments) {
                Err(error) => Err(error),
                Ok(running) => self.unless_cancelled(running).await,
            };
            let ask = match output {
                Ok(ToolOutput::InputRequired(ask)) => ask,
                Ok(ToolOutput::Structured(json)) => return self.finish(Ok(structured(json)), None),
                Ok(ToolOutput::Content(content)) => {
                    return self.finish(Ok(ResultBody::plain(&Blocks { content, is_error: false })), None);
                }
                Err(error) => return self.fail(&error),
            };
            let binding = self.binding(&arguments);
            match self.ask(ask, InputResponses::clone(&answers), &binding).await {
                Ok(Asked::Answered(given)) => answers = Arc::new(given),
                Ok(Asked::Respond(body)) => return self.finish(Ok(body), None),
                Err(AskFailure::Fault(fault)) => return self.finish(Err(fault), None),
                Err(AskFailure::Failed(code, text)) => return self.fail(&ToolError::new(code, text)),
            }
        }
    }

    /// What `running` comes to, or that the call was cancelled, which begins nothing more.
    async fn unless_cancelled(&self, mut running: Running) -> Result<ToolOutput, ToolError> {
        let cancel = &self.context.cancel;
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

    /// A tool failure: a good result that says `isError`. It has no `structuredContent`, which would have to fit the
    /// tool's output schema.
    pub(super) fn fail(&self, error: &ToolError) -> JsonRpcResponse {
        let text = if error.plain { error.error.clone() } else { to_json(error) };
        let blocks = Blocks { content: vec![Content::text(text)], is_error: true };
        self.finish(Ok(ResultBody::plain(&blocks)), Some(error.code))
    }
}

fn structured(json: String) -> ResultBody {
    // Put together as text: a typed answer is JSON, which need not be read again to be embedded.
    let text = to_json(&json);
    let mut result = String::with_capacity(json.len() + text.len() + 80);
    result.push_str(r#"{"content":[{"type":"text","text":"#);
    result.push_str(&text);
    result.push_str(r#"}],"structuredContent":"#);
    result.push_str(&json);
    result.push('}');
    ResultBody { json: result, kind: ResultKind::Plain }
}
