//! Asking the client. A tool returns an [`InputRequests`] and is run again with the answers: in 2026-07-28 by an
//! `input_required` result and a retry, in the legacy era by requests on the stream.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use crate::{
    mcp::{
        call::Call,
        context::Protocol,
        input::{Binding, Question},
        jsonrpc::{FaultKind, ProtocolFault, ResultBody, ResultKind, request, to_json},
        session::Session,
    },
    model::{Capability, Code, InputRequest, InputRequests, InputResponses},
};

/// How long a legacy client may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of asking.
pub(super) enum Asked {
    /// The answers, old and new: run again.
    Answered(InputResponses),
    /// The client must retry with answers: this is the result.
    Respond(ResultBody),
}

/// Why asking failed.
pub(super) enum AskFailure {
    /// The era has a protocol fault for it.
    Fault(ProtocolFault),
    /// It is the callee's failure.
    Failed(Code, String),
}

impl Call {
    /// Gets the client's answers to `ask`, in the way of its era.
    pub(super) async fn ask(
        &self,
        ask: InputRequests,
        answers: InputResponses,
        binding: &Binding,
    ) -> Result<Asked, AskFailure> {
        match &self.protocol {
            Protocol::Stateless(meta) => {
                let missing: Vec<_> = ask
                    .0
                    .iter()
                    .map(|request| request.needs)
                    .filter(|needs| !meta.capabilities.has(*needs))
                    .collect();
                if missing.is_empty() {
                    return Ok(Asked::Respond(self.input_required(&ask, &answers, binding)));
                }
                Err(AskFailure::Fault(missing_capability(&missing)))
            }
            Protocol::Session(Some(session)) => self.ask_on_stream(session, ask, answers).await,
            Protocol::Session(None) => Err(cannot_answer("the client")),
        }
    }

    fn input_required(&self, ask: &InputRequests, answers: &InputResponses, binding: &Binding) -> ResultBody {
        let requests: Map<_, _> = ask
            .0
            .iter()
            .map(|request| {
                (request.key.clone(), json!({"method": request.needs.method(), "params": request.params}))
            })
            .collect();
        let state = self.server.states.seal(binding, answers, self.server.parts.clock.store_now());
        let body = json!({"resultType": "input_required", "inputRequests": requests, "requestState": state});
        ResultBody { json: to_json(&body), kind: ResultKind::InputRequired }
    }

    async fn ask_on_stream(
        &self,
        session: &Session,
        ask: InputRequests,
        mut answers: InputResponses,
    ) -> Result<Asked, AskFailure> {
        if let Some(request) = ask.0.iter().find(|request| !session.capabilities.has(request.needs)) {
            return Err(cannot_answer(request.needs.as_str()));
        }
        let given = join_all(ask.0.iter().map(|request| self.ask_one(session, request))).await;
        for (request, answer) in ask.0.into_iter().zip(given) {
            answers.insert(request.key, answer?);
        }
        Ok(Asked::Answered(answers))
    }

    async fn ask_one(&self, session: &Session, ask: &InputRequest) -> Result<Value, AskFailure> {
        let pending_inputs = &self.server.parts.pending_inputs;
        if self.context.stream.is_muted() {
            return Err(cannot_answer("a client that accepts JSON alone: accept text/event-stream too"));
        }
        let (id, answered) = pending_inputs.expect(session);
        let question = Question(pending_inputs, id);
        if !self.context.stream.push(request(&question.1, ask.needs.method(), &ask.params)) {
            return Err(cannot_answer("a client that has gone"));
        }
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(refusal))) => Err(AskFailure::Failed(Code::ClientCannotAnswer, refusal)),
            Ok(Err(_)) | Err(_) => Err(AskFailure::Failed(
                Code::AskTimedOut,
                String::from("the client did not answer within 60 seconds"),
            )),
        }
    }
}

fn cannot_answer(what: &str) -> AskFailure {
    let text = format!("this needs to ask the client, and it did not declare that it can answer ({what})");
    AskFailure::Failed(Code::ClientCannotAnswer, text)
}

fn missing_capability(missing: &[Capability]) -> ProtocolFault {
    let required: Map<_, _> = missing.iter().map(|needs| (needs.as_str().to_owned(), json!({}))).collect();
    let names: Vec<_> = missing.iter().map(|needs| needs.as_str()).collect();
    let text = format!("Missing required client capability: {}", names.join(", "));
    ProtocolFault::new(FaultKind::MissingCapability, text).with(json!({"requiredCapabilities": required}))
}
