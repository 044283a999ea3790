//! `prompts/get`.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use super::input::{AskFailure, Asked};
use crate::{
    mcp::{
        call::Call,
        jsonrpc::{JsonRpcResponse, ProtocolFault, ResultBody, to_json},
    },
    model::InputResponses,
    prompts::{PromptMessage, PromptOutput},
};

#[derive(Serialize)]
struct Rendered {
    description: &'static str,
    messages: Vec<PromptMessage>,
}

impl Call {
    /// Renders the prompt that `self.name` names, which exists.
    pub(super) async fn render_prompt(
        self,
        arguments: BTreeMap<String, String>,
        answers: InputResponses,
    ) -> JsonRpcResponse {
        let server = Arc::clone(&self.server);
        let Some(prompt) = server.features.prompts.find(self.name) else {
            return self.finish(Err(ProtocolFault::params(format!("Unknown prompt: {}", self.name))), None);
        };
        let mut answers = Arc::new(answers);
        loop {
            let output = match prompt.start(self.callee_context(&answers), arguments.clone()) {
                Ok(rendering) => rendering.await,
                Err(error) => return self.finish(Err(ProtocolFault::params(error.to_string())), None),
            };
            let ask = match output {
                PromptOutput::InputRequired(ask) => ask,
                PromptOutput::Messages(messages) => {
                    let rendered = Rendered { description: prompt.description(), messages };
                    return self.finish(Ok(ResultBody::plain(&rendered)), None);
                }
            };
            let binding = self.binding(to_json(&arguments).as_bytes());
            match self.ask(ask, InputResponses::clone(&answers), &binding).await {
                Ok(Asked::Answered(given)) => answers = Arc::new(given),
                Ok(Asked::Respond(body)) => return self.finish(Ok(body), None),
                Err(AskFailure::Fault(fault)) => return self.finish(Err(fault), None),
                Err(AskFailure::Failed(code, text)) => {
                    let fault = ProtocolFault::params(text).with(serde_json::json!({"code": code}));
                    return self.finish(Err(fault), None);
                }
            }
        }
    }
}
