//! Asking the client. A tool returns an [`InputRequests`] and is run again with the answers: in 2026-07-28 by an
//! `input_required` result and a retry, in the legacy era by requests on the stream.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::params::Params;
use crate::{
    mcp::{
        call::Call,
        context::Protocol,
        input::{Binding, InputGuard},
        jsonrpc::{FaultKind, ProtocolFault, ResultBody, ResultKind, request, to_json},
        session::Session,
    },
    model::{CallContext, Capability, Code, Era, InputRequest, InputRequests, InputResponses},
};

/// How long a legacy client may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a callee did not get the input it asked for.
pub(super) enum InputFailure {
    /// The client must retry with it: this is the result.
    Retry(ResultBody),
    /// The era has a protocol fault for it.
    Fault(ProtocolFault),
    /// It is the callee's failure.
    Failed(Code, String),
}

impl Call {
    /// The input a retry carries (2026-07-28); none in a session, which is asked on its stream.
    pub(super) fn given_input(
        &self,
        params: &Params<'_>,
        arguments: &[u8],
    ) -> Result<InputResponses, ProtocolFault> {
        let members = params.members;
        let is_retry = members.get("requestState").is_some() || members.get("inputResponses").is_some();
        if self.era() == Era::Sessions || !is_retry {
            return Ok(InputResponses::new());
        }
        let now = self.server.parts.clock.store_now();
        self.server.states.answers(&self.binding(arguments), members, now)
    }

    /// Runs a callee from the top, again and again, until it asks for no input that it was not given. `arguments` are
    /// what a retry is bound to.
    pub(super) async fn with_input<T, F>(
        &self,
        arguments: &[u8],
        given: InputResponses,
        mut run: impl FnMut(CallContext) -> F,
    ) -> Result<T, InputFailure>
    where
        F: Future<Output = Result<T, InputRequests>>,
    {
        let mut given = Arc::new(given);
        loop {
            match run(self.callee_context(&given)).await {
                Ok(done) => return Ok(done),
                Err(requests) => {
                    let known = InputResponses::clone(&given);
                    given = Arc::new(self.ask(requests, known, &self.binding(arguments)).await?);
                }
            }
        }
    }

    /// All the client's answers, those to `requests` among them, got in the way of its era.
    async fn ask(
        &self,
        requests: InputRequests,
        answers: InputResponses,
        binding: &Binding,
    ) -> Result<InputResponses, InputFailure> {
        match &self.protocol {
            Protocol::Stateless(meta) => {
                let missing: Vec<_> = requests
                    .0
                    .iter()
                    .map(|request| request.needs)
                    .filter(|needs| !meta.capabilities.has(*needs))
                    .collect();
                if missing.is_empty() {
                    return Err(InputFailure::Retry(self.input_required(&requests, &answers, binding)));
                }
                Err(InputFailure::Fault(missing_capability(&missing)))
            }
            Protocol::Session(Some(session)) => self.ask_on_stream(session, requests, answers).await,
            Protocol::Session(None) => Err(cannot_answer("the client")),
        }
    }

    fn input_required(
        &self,
        asked: &InputRequests,
        answers: &InputResponses,
        binding: &Binding,
    ) -> ResultBody {
        let requests: Map<_, _> = asked
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
        requests: InputRequests,
        mut answers: InputResponses,
    ) -> Result<InputResponses, InputFailure> {
        if let Some(request) = requests.0.iter().find(|request| !session.capabilities.has(request.needs)) {
            return Err(cannot_answer(request.needs.as_str()));
        }
        let given = join_all(requests.0.iter().map(|request| self.ask_one(session, request))).await;
        for (request, answer) in requests.0.into_iter().zip(given) {
            answers.insert(request.key, answer?);
        }
        Ok(answers)
    }

    async fn ask_one(&self, session: &Session, ask: &InputRequest) -> Result<Value, InputFailure> {
        let pending_inputs = &self.server.parts.pending_inputs;
        if self.context.stream.is_muted() {
            return Err(cannot_answer("a client that accepts JSON alone: accept text/event-stream too"));
        }
        let (id, answered) = pending_inputs.expect(session);
        let waiting = InputGuard(pending_inputs, id);
        if !self.context.stream.push(request(&waiting.1, ask.needs.method(), &ask.params)) {
            return Err(cannot_answer("a client that has gone"));
        }
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(refusal))) => Err(InputFailure::Failed(Code::ClientCannotAnswer, refusal)),
            Ok(Err(_)) | Err(_) => Err(InputFailure::Failed(
                Code::AskTimedOut,
                String::from("the client did not answer within 60 seconds"),
            )),
        }
    }
}

fn cannot_answer(what: &str) -> InputFailure {
    let text = format!("this needs to ask the client, and it did not declare that it can answer ({what})");
    InputFailure::Failed(Code::ClientCannotAnswer, text)
}

fn missing_capability(missing: &[Capability]) -> ProtocolFault {
    let required: Map<_, _> = missing.iter().map(|needs| (needs.as_str().to_owned(), json!({}))).collect();
    let names: Vec<_> = missing.iter().map(|needs| needs.as_str()).collect();
    let text = format!("Missing required client capability: {}", names.join(", "));
    ProtocolFault::new(FaultKind::MissingCapability, text).with(json!({"requiredCapabilities": required}))
}
