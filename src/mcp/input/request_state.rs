//! `requestState` (2026-07-28, basic/patterns/mrtr): the answers so far, sealed and bound to who asked what. Good for
//! 10 minutes; the client can neither read nor change it, nor use it for another call.

use serde::{Deserialize, Serialize};

use crate::{
    mcp::jsonrpc::{Members, ProtocolFault, to_json},
    model::{InputResponses, Principal, StoreMillis},
    secrets::{Purpose, Sealer, SecretKey, sha256},
};

const GOOD_FOR_MILLIS: i64 = 600_000;

/// What a state is bound to: user, method, name, digest of the arguments.
pub(crate) struct Binding(Vec<u8>);

impl Binding {
    pub(crate) fn new(principal: &Principal, method: &str, name: &str, arguments: &[u8]) -> Self {
        let head = [principal.workspace.as_str(), &principal.user_id, method, name].join("\n");
        let mut bytes = head.into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&sha256(arguments));
        Self(bytes)
    }
}

pub(crate) struct RequestStates(Sealer);

#[derive(Serialize, Deserialize)]
struct State(i64, InputResponses);

impl RequestStates {
    pub(crate) fn new(secret: &SecretKey) -> Self {
        Self(secret.sealer(Purpose::RequestState))
    }

    pub(crate) fn seal(&self, binding: &Binding, answers: &InputResponses, now: StoreMillis) -> String {
        self.0.seal_text(to_json(&(now.0, answers)).as_bytes(), &binding.0)
    }

    /// All answers a retry carries: those in its state, then those it gives now.
    pub(crate) fn answers(
        &self,
        binding: &Binding,
        params: &Members<'_>,
        now: StoreMillis,
    ) -> Result<InputResponses, ProtocolFault> {
        let mut answers = InputResponses::new();
        if params.get("requestState").is_some() {
            let sealed = params
                .text("requestState")
                .ok_or_else(|| ProtocolFault::params("requestState: expected text"))?;
            let opened = self.0.open_text(&sealed, &binding.0);
            let state: Option<State> = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
            let fresh = state.filter(|State(sealed_at, _)| now.0 - sealed_at < GOOD_FOR_MILLIS);
            let stale =
                || ProtocolFault::params("requestState: not ours, changed, for another call, or too old");
            answers = fresh.ok_or_else(stale)?.1;
        }
        if let Some(raw) = params.get("inputResponses") {
            let mut given: InputResponses = serde_json::from_str(raw)
                .map_err(|_| ProtocolFault::params("inputResponses: expected an object of answers by key"))?;
            given.retain(|_, answer| !answer.is_null());
            if let Some((key, _)) = given.iter().find(|(_, answer)| !answer.is_object()) {
                return Err(ProtocolFault::params(format!("inputResponses.{key}: expected an object")));
            }
            answers.extend(given);
        }
        Ok(answers)
    }
}
