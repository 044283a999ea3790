//! The exchanges whose answer has not ended: open streams and waiting calls. Each stands here so that it ends with its key
//! or with the process, and so that people see it.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use dashmap::{DashMap, Entry};
use tokio_util::sync::CancellationToken;

use super::{Ear, Holder};
use crate::{
    mcp::{Session, Stream},
    model::{Era, StoreMillis, Transport},
    telemetry::metrics::{OPEN_DASHBOARDS, OPEN_SESSIONS, OPEN_STREAMS, RUNNING_CALLS},
};

/// What can be open here.
const WAYS: [(Transport, Era); 3] = [
    (Transport::StreamableHttp, Era::Stateless),
    (Transport::StreamableHttp, Era::Sessions),
    (Transport::LegacySse, Era::Sessions),
];

#[derive(Clone)]
enum ExchangeKind {
    Stream(Arc<Stream>),
    Call(CancellationToken),
    Dashboard(Arc<Ear>),
}

/// An open stream or a waiting call, as people see it.
#[derive(Clone)]
pub struct Exchange {
    /// Public: opens nothing.
    pub id: Arc<str>,
    pub holder: Holder,
    /// Its protocol; none of the dashboard's.
    over: Option<(Transport, Era)>,
    /// What the client calls itself, at most 100 characters.
    pub client: Option<String>,
    pub opened_at: StoreMillis,
    last_activity_at: Arc<AtomicI64>,
    /// The session it belongs to, of Streamable HTTP in the legacy era.
    pub session: Option<Arc<Session>>,
    kind: ExchangeKind,
}

/// Who opens something.
pub struct Opener {
    pub holder: Holder,
    /// What the client calls itself.
    pub client: Option<String>,
}

/// The protocol that something was opened in, and when.
#[derive(Clone, Copy)]
pub struct ProtocolInfo {
    pub transport: Transport,
    pub era: Era,
    pub opened_at: StoreMillis,
}

/// The open streams and waiting calls of this process.
#[derive(Default)]
pub struct OpenExchanges {
    all: DashMap<u64, Exchange>,
    next: AtomicU64,
    /// When something of a session was last heard.
    activity: DashMap<Arc<str>, Heard>,
}

/// When something of a session was last heard, and of how many streams it is told.
#[derive(Default)]
struct Heard {
    at: Arc<AtomicI64>,
    streams: usize,
}

/// Keeps an entry until it is dropped.
pub struct Registration {
    open: Arc<OpenExchanges>,
    number: u64,
}

impl Exchange {
    pub fn last_activity_at(&self) -> StoreMillis {
        StoreMillis(self.last_activity_at.load(Ordering::Relaxed))
    }

    /// What it goes over: a transport of MCP, or `dashboard`.
    pub fn transport(&self) -> &'static str {
        self.over.map_or("dashboard", |(transport, _)| transport.as_str())
    }

    /// The protocol, if it is MCP.
    pub fn era(&self) -> Option<&'static str> {
        self.over.map(|(_, era)| era.as_str())
    }

    /// Ends it: a stream is closed, a call cancelled.
    pub fn end(&self) {
        match &self.kind {
            ExchangeKind::Stream(stream) => {
                stream.end();
                stream.disconnect();
            }
            ExchangeKind::Call(cancel) => cancel.cancel(),
            ExchangeKind::Dashboard(ear) => ear.end(),
        }
    }
}

impl OpenExchanges {
    /// A stream of that session, or of one with that id.
    pub(in crate::http) fn stream(
        self: &Arc<Self>,
        opener: Opener,
        of: (Arc<str>, Option<Arc<Session>>),
        protocol: ProtocolInfo,
        stream: &Arc<Stream>,
    ) -> Registration {
        self.add(opener, of, (Some(protocol), protocol.opened_at), ExchangeKind::Stream(Arc::clone(stream)))
    }

    pub(in crate::http) fn call(
        self: &Arc<Self>,
        opener: Opener,
        protocol: ProtocolInfo,
        cancel: &CancellationToken,
    ) -> Registration {
        let kind = ExchangeKind::Call(cancel.clone());
        self.add(opener, (new_name(), None), (Some(protocol), protocol.opened_at), kind)
    }

    /// A page of the dashboard that hears the bell.
    pub(in crate::http) fn dashboard(
        self: &Arc<Self>,
        opener: Opener,
        opened_at: StoreMillis,
        ear: &Arc<Ear>,
    ) -> Registration {
        self.add(opener, (new_name(), None), (None, opened_at), ExchangeKind::Dashboard(Arc::clone(ear)))
    }

    fn add(
        self: &Arc<Self>,
        opener: Opener,
        (id, session): (Arc<str>, Option<Arc<Session>>),
        (protocol, opened_at): (Option<ProtocolInfo>, StoreMillis),
        kind: ExchangeKind,
    ) -> Registration {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Opener { holder, client } = opener;
        holder.watch();
        // Streams of one session are heard together.
        let last_activity_at = match kind {
            ExchangeKind::Stream(_) => {
                let mut heard = self.activity.entry(Arc::clone(&id)).or_default();
                heard.streams += 1;
                Arc::clone(&heard.at)
            }
            ExchangeKind::Call(_) | ExchangeKind::Dashboard(_) => Arc::default(),
        };
        last_activity_at.fetch_max(opened_at.0, Ordering::Relaxed);
        let over = protocol.map(|protocol| (protocol.transport, protocol.era));
        let exchange = Exchange { id, holder, over, client, opened_at, last_activity_at, session, kind };
        self.all.insert(number, exchange.clone());
        // Its key was found revoked since it was accepted: nobody else ends what was not open then.
        if exchange.holder.has_ended() {
            exchange.end();
        }
        Registration { open: Arc::clone(self), number }
    }

    /// Something of that session was heard.
    pub(in crate::http) fn touch(&self, id: &str, now: StoreMillis) {
        if let Some(heard) = self.activity.get(id) {
            heard.at.store(now.0, Ordering::Relaxed);
        }
    }

    /// All of it.
    pub(in crate::http) fn list(&self) -> Vec<Exchange> {
        self.all.iter().map(|entry| entry.clone()).collect()
    }

    /// The sessions that streams of Streamable HTTP are open for, one for each stream.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.all.iter().filter_map(|entry| entry.session.clone()).collect()
    }

    /// Sets the readings of it.
    pub(in crate::http) fn tell_metrics(&self) {
        let mut sessions = HashSet::new();
        let mut counts = WAYS.map(|_| [0_u32; 3]);
        let mut dashboards = 0_u32;
        for entry in &self.all {
            dashboards += u32::from(matches!(entry.kind, ExchangeKind::Dashboard(_)));
            let Some(way) = WAYS.iter().position(|way| entry.over == Some(*way)) else { continue };
            match entry.kind {
                ExchangeKind::Stream(_) => {
                    counts[way][0] += 1;
                    let is_new = WAYS[way].1 == Era::Sessions && sessions.insert(Arc::clone(&entry.id));
                    counts[way][1] += u32::from(is_new);
                }
                ExchangeKind::Call(_) => counts[way][2] += 1,
                ExchangeKind::Dashboard(_) => {}
            }
        }
        OPEN_DASHBOARDS.set((), dashboards.into());
        for (way, [streams, sessions, calls]) in WAYS.into_iter().zip(counts) {
            OPEN_STREAMS.set(way, streams.into());
            OPEN_SESSIONS.set(way, sessions.into());
            RUNNING_CALLS.set(way, calls.into());
        }
    }

    /// How much of it there is.
    pub(in crate::http) fn count(&self) -> usize {
        self.all.len()
    }

    /// Ends whatever belongs to a key that was found revoked or expired.
    pub fn end_revoked(&self) {
        for entry in &self.all {
            if entry.holder.has_ended() {
                entry.end();
            }
        }
    }

    /// Ends every stream once it has sent what it holds; waiting calls finish by themselves.
    pub fn end_streams(&self) {
        for entry in &self.all {
            match &entry.kind {
                ExchangeKind::Stream(stream) => stream.end(),
                ExchangeKind::Dashboard(ear) => ear.end(),
                ExchangeKind::Call(_) => {}
            }
        }
    }
}

/// A name that opens nothing.
fn new_name() -> Arc<str> {
    uuid::Uuid::new_v4().simple().to_string().into()
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some((_, exchange)) = self.open.all.remove(&self.number) {
            exchange.holder.unwatch();
            if let (ExchangeKind::Stream(_), Entry::Occupied(mut heard)) =
                (&exchange.kind, self.open.activity.entry(Arc::clone(&exchange.id)))
            {
                heard.get_mut().streams -= 1;
                if heard.get().streams == 0 {
                    heard.remove();
                }
            }
        }
    }
}
