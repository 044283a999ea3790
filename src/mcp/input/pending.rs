//! Questions to legacy clients that wait for an answer on this instance.

use std::sync::Arc;

use dashmap::DashMap;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::mcp::{jsonrpc::spelled_alike, session::Session};

struct PendingInput {
    session: Arc<str>,
    answer: oneshot::Sender<Result<Value, String>>,
}

/// Questions that wait for a legacy client's answer on this instance.
#[derive(Default)]
pub struct PendingInputs(DashMap<String, PendingInput>);

impl PendingInputs {
    /// Takes a client's answer; only the session that was asked can give it. `raw_id` as the client wrote it.
    pub(crate) fn answer(&self, session: &Session, raw_id: &str, outcome: Result<&str, &str>) {
        let id = spelled_alike(raw_id);
        let id = id.trim_matches('"');
        let Some((_, pending)) = self.0.remove_if(id, |_, pending| pending.session == session.digest) else {
            return;
        };
        let answer = match outcome {
            Ok(result) => serde_json::from_str(result).map_err(|error| error.to_string()),
            Err(error) => {
                let error: Value = serde_json::from_str(error).unwrap_or_default();
                Err(error["message"].as_str().unwrap_or("the client refused").to_owned())
            }
        };
        let _ = pending.answer.send(answer);
    }

    pub(crate) fn expect(&self, session: &Session) -> (String, oneshot::Receiver<Result<Value, String>>) {
        let id = format!("ask-{}", uuid::Uuid::new_v4().simple());
        let (answer, answered) = oneshot::channel();
        self.0.insert(id.clone(), PendingInput { session: Arc::clone(&session.digest), answer });
        (id, answered)
    }
}

/// Forgets an input request nobody waits for any more.
pub(crate) struct InputGuard<'a>(pub(in crate::mcp) &'a PendingInputs, pub(in crate::mcp) String);

impl Drop for InputGuard<'_> {
    fn drop(&mut self) {
        self.0.0.remove(&self.1);
    }
}
