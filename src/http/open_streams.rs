//! Every open stream and waiting call, so that it ends with its key or with the process.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

use crate::{auth::Credential, mcp::Stream};

enum Opened {
    Stream(Arc<Stream>),
    Call(CancellationToken),
}

/// What is open.
#[derive(Default)]
pub struct OpenStreams {
    all: DashMap<u64, (Arc<Credential>, Opened)>,
    next: AtomicU64,
}

/// Keeps an entry until it is dropped.
pub(super) struct OpenGuard {
    open: Arc<OpenStreams>,
    number: u64,
}

impl OpenStreams {
    pub(super) fn stream(self: &Arc<Self>, credential: &Arc<Credential>, stream: &Arc<Stream>) -> OpenGuard {
        self.add(credential, Opened::Stream(Arc::clone(stream)))
    }

    pub(super) fn call(
        self: &Arc<Self>,
        credential: &Arc<Credential>,
        cancel: &CancellationToken,
    ) -> OpenGuard {
        self.add(credential, Opened::Call(cancel.clone()))
    }

    fn add(self: &Arc<Self>, credential: &Arc<Credential>, opened: Opened) -> OpenGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        credential.watchers.fetch_add(1, Ordering::Relaxed);
        self.all.insert(number, (Arc::clone(credential), opened));
        OpenGuard { open: Arc::clone(self), number }
    }

    /// Ends whatever belongs to a key that was found revoked or expired.
    pub fn end_revoked(&self) {
        for entry in &self.all {
            let (credential, opened) = entry.value();
            if credential.ended.is_cancelled() {
                match opened {
                    Opened::Stream(stream) => {
                        stream.end();
                        stream.disconnect();
                    }
                    Opened::Call(cancel) => cancel.cancel(),
                }
            }
        }
    }

    /// Ends every stream once it has sent what it holds; waiting calls finish by themselves.
    pub fn end_streams(&self) {
        for entry in &self.all {
            if let (_, Opened::Stream(stream)) = entry.value() {
                stream.end();
            }
        }
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        if let Some((_, (credential, _))) = self.open.all.remove(&self.number) {
            credential.watchers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
