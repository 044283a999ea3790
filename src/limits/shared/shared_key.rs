//! One key among those that processes share: its slice, and the calls that wait for it.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::Notify;

use super::slice::{KeyRate, Slice};
use crate::model::Workspace;

/// One key's.
pub(super) struct SharedKey {
    pub(super) workspace: Workspace,
    pub(super) name: String,
    pub(super) waiting: AtomicU32,
    pub(super) answered: Notify,
    slice: Mutex<Slice>,
}

impl SharedKey {
    pub(super) fn new(workspace: Workspace, name: String, rate: KeyRate) -> Self {
        let (waiting, answered) = (AtomicU32::new(0), Notify::new());
        Self { workspace, name, waiting, answered, slice: Mutex::new(Slice::new(rate)) }
    }

    pub(super) fn slice(&self) -> MutexGuard<'_, Slice> {
        self.slice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that waits for the store, which is asked for as many.
pub(super) struct WaitingCall<'a>(&'a SharedKey);

impl<'a> WaitingCall<'a> {
    pub(super) fn new(key: &'a SharedKey) -> Self {
        key.waiting.fetch_add(1, Ordering::Relaxed);
        Self(key)
    }
}

impl Drop for WaitingCall<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
