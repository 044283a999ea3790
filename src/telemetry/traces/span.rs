//! A span that is being recorded. One that is dropped before it has ended was cancelled: whoever waited for it waits no more.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use super::{
    queue::queue,
    record::{SpanKind, SpanRecord, SpanValue},
};
use crate::{log_context, model::TracePlace};

/// How a span failed that nobody ended.
const CANCELLED: &str = "cancelled";

/// A span that has begun.
#[derive(Debug)]
pub struct Span {
    pub(super) place: Arc<TracePlace>,
    pub(super) parent_id: Option<u64>,
    pub(super) link: Option<Arc<TracePlace>>,
    pub(super) kind: SpanKind,
    /// Two words, the second of which may be empty.
    pub(super) name: [&'static str; 2],
    pub(super) started: Instant,
    pub(super) has_ended: AtomicBool,
    /// Whether it is recorded for no other reason than that the caller said so.
    pub(super) is_asked_for: bool,
}

impl Span {
    /// Its place, for what is done within it.
    pub fn place(&self) -> Arc<TracePlace> {
        Arc::clone(&self.place)
    }

    /// Runs `work` within it.
    pub fn within<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        log_context::at(self.place(), work)
    }

    /// Tells nothing of it if it is recorded because its caller said so, who turned out to be nobody that is known.
    pub fn forget_if_asked_for(&self) {
        if self.is_asked_for {
            self.has_ended.store(true, Ordering::Relaxed);
        }
    }

    /// Ends it. `failure`: the kind of failure it ended in.
    pub fn end<const N: usize>(
        &self,
        attributes: [Option<(&'static str, SpanValue)>; N],
        failure: Option<&'static str>,
    ) {
        self.end_as(self.name, attributes, failure);
    }

    /// The same under a name that is known now: two words, the second of which may be empty.
    pub fn end_as<const N: usize>(
        &self,
        name: [&'static str; 2],
        attributes: [Option<(&'static str, SpanValue)>; N],
        failure: Option<&'static str>,
    ) {
        if self.has_ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(queue) = queue() else { return };
        queue.push(SpanRecord {
            place: self.place(),
            parent_id: self.parent_id,
            link: self.link.clone(),
            kind: self.kind,
            name,
            started: self.started,
            ended: Instant::now(),
            attributes: attributes.into_iter().flatten().collect(),
            failure,
        });
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.end([], Some(CANCELLED));
    }
}
