//! The one way in for every transport: what a body holds, in which era, whether it may be a batch, as how many calls it
//! counts. A transport reads an [`Incoming`], says whose session it belongs to, and carries the [`Reply`].

use std::sync::Arc;

use bytes::Bytes;

use super::{
    batch::Messages,
    context::RequestContext,
    server::{Reply, Server},
};
use crate::{
    mcp::{
        jsonrpc::{JsonRpcResponse, Message, Packet, ProtocolFault},
        revision::{Headers, Revision, is_stateless},
        session::Session,
    },
    model::Era,
};

/// A body whose era is known.
pub struct Incoming<'a> {
    body: &'a Bytes,
    packet: Packet<'a>,
    era: Era,
    session: Option<Arc<Session>>,
}

impl<'a> Incoming<'a> {
    /// Reads a body of either era: it speaks 2026-07-28 when its `_meta` says so, or its version header does and it is
    /// no `initialize`. `version_header` is `None` where the transport has no headers.
    pub fn read(body: &'a Bytes, version_header: Option<&[u8]>) -> Result<Self, ProtocolFault> {
        let packet = Packet::parse(body)?;
        let version = version_header.and_then(|value| std::str::from_utf8(value).ok());
        let says_so = version.and_then(Revision::parse).is_some_and(Revision::is_stateless);
        let stateless = match &packet {
            Packet::One(Message::Request(request)) => {
                (says_so && request.method != "initialize") || is_stateless(&request.params)
            }
            Packet::One(_) => says_so,
            Packet::Batch(_) if says_so => return Err(Packet::no_batches()),
            Packet::Batch(_) => false,
        };
        let era = if stateless { Era::Stateless } else { Era::Sessions };
        Ok(Self { body, packet, era, session: None })
    }

    /// Reads a body on a transport that has sessions alone.
    pub fn read_in_sessions(body: &'a Bytes) -> Result<Self, ProtocolFault> {
        Ok(Self { body, packet: Packet::parse(body)?, era: Era::Sessions, session: None })
    }

    /// The era it speaks.
    pub const fn era(&self) -> Era {
        self.era
    }

    /// Whether it can be answered only in a session: all of that era but `initialize`.
    pub fn needs_session(&self) -> bool {
        let opens =
            matches!(&self.packet, Packet::One(Message::Request(request)) if request.method == "initialize");
        self.era == Era::Sessions && !opens
    }

    /// Puts it into the session it was sent in; refuses a batch where the session's revision has none.
    pub fn within(self, session: Option<Arc<Session>>) -> Result<Self, ProtocolFault> {
        let has_batches = session.as_ref().is_some_and(|session| session.revision.has_batches());
        match self.packet {
            Packet::Batch(_) if !has_batches => Err(Packet::no_batches()),
            _ => Ok(Self { session, ..self }),
        }
    }

    /// The calls it counts as: each message of a batch is one.
    pub fn calls(&self) -> usize {
        match &self.packet {
            Packet::One(_) => 1,
            Packet::Batch(batch) => batch.len(),
        }
    }
}

impl Server {
    /// Begins what a body asks for. `headers` are those that repeat parts of it, where the transport has any.
    pub fn receive(
        self: &Arc<Self>,
        incoming: Incoming<'_>,
        context: RequestContext,
        headers: Option<&dyn Headers>,
    ) -> Reply {
        let Incoming { body, packet, era, session } = incoming;
        match (packet, session) {
            (Packet::One(message), session) => match era {
                Era::Stateless => self.stateless(context, headers, body, message),
                Era::Sessions => self.in_session(context, session, body, message),
            },
            (Packet::Batch(batch), Some(session)) => self.batch(context, session, Messages::of(&batch, body)),
            (Packet::Batch(_), None) => {
                JsonRpcResponse::refusal(&Packet::no_batches()).map_or(Reply::None, Reply::Ready)
            }
        }
    }
}
