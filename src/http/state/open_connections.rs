//! Every open stream and waiting call, so that it ends with its key or with the process, and so that people see it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use dashmap::{DashMap, Entry};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Credential,
    mcp::{Session, Stream},
    model::{Era, StoreMillis, Transport},
};

#[derive(Clone)]
enum Opened {
    Stream(Arc<Stream>),
    Call(CancellationToken),
}

/// What is open, as people see it.
#[derive(Clone)]
pub struct Live {
    /// Public: opens nothing.
    pub id: Arc<str>,
    pub credential: Arc<Credential>,
    pub transport: Transport,
    pub era: Era,
    /// What the client calls itself, at most 100 characters.
    pub client: Option<String>,
    pub opened_at: StoreMillis,
    last_activity_at: Arc<AtomicI64>,
    /// The session it belongs to, of Streamable HTTP in the legacy era.
    pub session: Option<Arc<Session>>,
    opened: Opened,
}

/// Who opens something.
pub struct Opener {
    pub credential: Arc<Credential>,
    /// What the client calls itself.
    pub client: Option<String>,
}

/// Which protocol something was opened in, and when.
#[derive(Clone, Copy)]
pub struct Way(pub Transport, pub Era, pub StoreMillis);

/// What is open.
#[derive(Default)]
pub struct OpenStreams {
    all: DashMap<u64, Live>,
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
pub struct OpenGuard {
    open: Arc<OpenStreams>,
    number: u64,
}

impl Live {
    pub fn last_activity_at(&self) -> StoreMillis {
        StoreMillis(self.last_activity_at.load(Ordering::Relaxed))
    }

    /// Ends it: a stream is closed, a call cancelled.
    pub fn end(&self) {
        match &self.opened {
            Opened::Stream(stream) => {
                stream.end();
                stream.disconnect();
            }
            Opened::Call(cancel) => cancel.cancel(),
        }
    }
}

impl OpenStreams {
    /// A stream of that session, or of one with that id.
    pub(in crate::http) fn stream(
        self: &Arc<Self>,
        opener: Opener,
        of: (Arc<str>, Option<Arc<Session>>),
        way: Way,
        stream: &Arc<Stream>,
    ) -> OpenGuard {
        self.add(opener, of, way, Opened::Stream(Arc::clone(stream)))
    }

    pub(in crate::http) fn call(
        self: &Arc<Self>,
        opener: Opener,
        way: Way,
        cancel: &CancellationToken,
    ) -> OpenGuard {
        let id = uuid::Uuid::new_v4().simple().to_string().into();
        self.add(opener, (id, None), way, Opened::Call(cancel.clone()))
    }

    fn add(
        self: &Arc<Self>,
        opener: Opener,
        (id, session): (Arc<str>, Option<Arc<Session>>),
        Way(transport, era, now): Way,
        opened: Opened,
    ) -> OpenGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Opener { credential, client } = opener;
        credential.watchers.fetch_add(1, Ordering::Relaxed);
        // Streams of one session are heard together.
        let last_activity_at = match opened {
            Opened::Stream(_) => {
                let mut heard = self.activity.entry(Arc::clone(&id)).or_default();
                heard.streams += 1;
                Arc::clone(&heard.at)
            }
            Opened::Call(_) => Arc::default(),
        };
        last_activity_at.fetch_max(now.0, Ordering::Relaxed);
        let live = Live {
            id,
            credential,
            transport,
            era,
            client,
            opened_at: now,
            last_activity_at,
            session,
            opened,
        };
        self.all.insert(number, live.clone());
        // Its key was found revoked since it was accepted: nobody else ends what was not open then.
        if live.credential.ended.is_cancelled() {
            live.end();
        }
        OpenGuard { open: Arc::clone(self), number }
    }

    /// Something of that session was heard.
    pub(in crate::http) fn touch(&self, id: &str, now: StoreMillis) {
        if let Some(heard) = self.activity.get(id) {
            heard.at.store(now.0, Ordering::Relaxed);
        }
    }

    /// All of it.
    pub(in crate::http) fn list(&self) -> Vec<Live> {
        self.all.iter().map(|entry| entry.clone()).collect()
    }

    /// The sessions that streams of Streamable HTTP are open for, one for each stream.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.all.iter().filter_map(|entry| entry.session.clone()).collect()
    }

    /// How much of it there is.
    pub(in crate::http) fn count(&self) -> usize {
        self.all.len()
    }

    /// Ends whatever belongs to a key that was found revoked or expired.
    pub fn end_revoked(&self) {
        for entry in &self.all {
            if entry.credential.ended.is_cancelled() {
                entry.end();
            }
        }
    }

    /// Ends every stream once it has sent what it holds; waiting calls finish by themselves.
    pub fn end_streams(&self) {
        for entry in &self.all {
            if let Opened::Stream(stream) = &entry.opened {
                stream.end();
            }
        }
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        if let Some((_, live)) = self.open.all.remove(&self.number) {
            live.credential.watchers.fetch_sub(1, Ordering::Relaxed);
            if let (Opened::Stream(_), Entry::Occupied(mut heard)) =
                (&live.opened, self.open.activity.entry(Arc::clone(&live.id)))
            {
                heard.get_mut().streams -= 1;
                if heard.get().streams == 0 {
                    heard.remove();
                }
            }
        }
    }
}
