//! What is known of a message before its method is: who sent it, by which way, in which era.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    mcp::{
        revision::ModernMeta,
        session::{Session, Stream},
    },
    model::{Principal, RequestId, Transport},
};

/// What a transport knows of a message.
#[derive(Clone)]
pub struct Inbound {
    /// Who sent it.
    pub principal: Arc<Principal>,
    /// Names the call.
    pub request_id: RequestId,
    /// How it came in.
    pub transport: Transport,
    /// Where messages go that precede the answer.
    pub stream: Arc<Stream>,
    /// Fires when nobody waits for the answer any more.
    pub cancel: CancellationToken,
}

/// Who speaks, in which era.
#[derive(Clone)]
pub(super) enum Speaker {
    Modern(ModernMeta),
    /// `None` before `initialize`.
    Legacy(Option<Arc<Session>>),
}
