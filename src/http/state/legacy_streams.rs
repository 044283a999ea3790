//! The open streams of HTTP+SSE (2024-11-05), each with the session on it.

use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

use crate::{
    mcp::{JsonRpcResponse, Session, Stream},
    model::Principal,
};

/// Open legacy streams by session id.
pub type LegacyStreams = DashMap<String, Arc<LegacyStream>>;

/// One open stream and the session on it.
pub struct LegacyStream {
    pub owner: Arc<Principal>,
    pub stream: Arc<Stream>,
    /// Its id in `/sessions`.
    pub shown: Arc<str>,
    pub session: Mutex<Option<Arc<Session>>>,
    /// Fires when the stream is gone: nobody waits for answers any more.
    pub gone: CancellationToken,
}

impl LegacyStream {
    pub fn session(&self) -> Option<Arc<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends the answer, if the client wants one.
    pub fn send(&self, answer: impl Into<Option<JsonRpcResponse>>) {
        if let Some(answer) = answer.into() {
            self.stream.push(answer.body.whole());
        }
    }
}
