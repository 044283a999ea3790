//! Questions to legacy clients that wait for an answer on this instance.

use std::sync::Arc;

use dashmap::DashMap;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::mcp::{jsonrpc::spelled_alike, session::Session};

/// What the id of a question begins with.
const ASK: &str = "ask-";

struct PendingInput {
    session: Arc<str>,
    answer: oneshot::Sender<Result<Value, String>>,
}

/// Questions that wait for a legacy client's answer on this instance.
#[derive(Default)]
pub struct PendingInputs {
    waiting: DashMap<String, PendingInput>,
    /// What their ids begin with, where an answer may come to another instance.
    instance: Option<String>,
}

impl PendingInputs {
    /// No questions; their ids name that instance, where an answer may come to another.
    pub fn of(instance: Option<&str>) -> Self {
        Self { instance: instance.map(str::to_owned), ..Self::default() }
    }

    /// Which other instance waits for the answer to that question.
    pub(crate) fn elsewhere(&self, raw_id: &str) -> Option<String> {
        let own = self.instance.as_deref()?;
        let id = spelled_alike(raw_id);
        let (instance, _) = id.trim_matches('"').strip_prefix(ASK)?.split_once('-')?;
        let is_name = !instance.is_empty() && instance.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_name && instance != own).then(|| instance.to_owned())
    }

    /// Takes a client's answer; only the session that was asked can give it. `raw_id` as the client wrote it.
    pub(crate) fn answer(&self, session: &str, raw_id: &str, outcome: Result<&str, &str>) {
        let id = spelled_alike(raw_id);
        let id = id.trim_matches('"');
        let Some((_, pending)) = self.waiting.remove_if(id, |_, pending| *pending.session == *session) else {
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
        let (place, dash) = self.instance.as_deref().map_or(("", ""), |instance| (instance, "-"));
        let id = format!("{ASK}{place}{dash}{}", uuid::Uuid::new_v4().simple());
        let (answer, answered) = oneshot::channel();
        self.waiting.insert(id.clone(), PendingInput { session: Arc::clone(&session.digest), answer });
        (id, answered)
    }
}

/// Forgets an input request nobody waits for any more.
pub(crate) struct InputGuard<'a>(pub(in crate::mcp) &'a PendingInputs, pub(in crate::mcp) String);

impl Drop for InputGuard<'_> {
    fn drop(&mut self) {
        self.0.waiting.remove(&self.1);
    }
}
