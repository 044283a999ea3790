//! What is known of a message before its method is: who sent it, by which way, in which era.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    mcp::{
        revision::{RequestMeta, Revision},
        session::{Session, Stream},
    },
    model::{Era, Principal, RequestId, Transport},
};

/// What a transport knows of a message.
#[derive(Clone)]
pub struct RequestContext {
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

/// The protocol a message speaks, with what that says of its sender.
#[derive(Clone)]
pub(super) enum Protocol {
    /// 2026-07-28: what the message says of its sender.
    Stateless(RequestMeta),
    /// `None` before `initialize`.
    Session(Option<Arc<Session>>),
}

impl Protocol {
    /// The revision of the protocol, once there is one.
    pub(super) fn revision(&self) -> Option<Revision> {
        match self {
            Self::Stateless(_) => Some(Revision::V2026_07_28),
            Self::Session(session) => session.as_ref().map(|session| session.revision),
        }
    }

    pub(super) const fn era(&self) -> Era {
        match self {
            Self::Stateless(_) => Era::Stateless,
            Self::Session(_) => Era::Sessions,
        }
    }
}
