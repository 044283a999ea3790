//! Where spans begin. A trace is recorded or not, as its first span is; what is not recorded has no place, and nothing that is done
//! for it begins a span.

use std::{
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Instant,
};

use http::HeaderMap;

use super::{
    context::TraceParent,
    queue::{self, queue},
    record::SpanKind,
    sampler::Sampler,
    span::Span,
};
use crate::{config::TraceSettings, log_context, model::TracePlace};

/// The side of an exchange, and a name of two words.
type What = (SpanKind, [&'static str; 2]);

static SAMPLER: OnceLock<Sampler> = OnceLock::new();

/// Has traces recorded from now on, as the settings say. The first call counts.
pub fn turn_on(settings: &TraceSettings) {
    queue::open(settings.most_waiting, settings.batch);
    let _ = SAMPLER.set(Sampler::new(settings.sampler));
}

/// Whether any trace may be recorded.
pub fn is_on() -> bool {
    SAMPLER.get().is_some()
}

/// A span for an HTTP request with those headers.
pub fn of_request(method: &'static str, headers: &HeaderMap) -> Option<Span> {
    let sampler = SAMPLER.get()?;
    begin(sampler, TraceParent::of_headers(headers), (SpanKind::Server, [method, ""]))
}

/// A span for a call of that method, within the request it came with. What the call itself names as its parent (`meta`) is its parent, and the
/// request is linked to. `alone`: it came with no request, and may begin a trace.
pub fn of_call(
    method: &'static str,
    alone: bool,
    meta: impl FnOnce() -> Option<TraceParent>,
) -> Option<Span> {
    let sampler = SAMPLER.get()?;
    let what = (SpanKind::Server, [method, ""]);
    match meta() {
        Some(parent) => {
            let link = log_context::place().filter(|place| place.trace_id != parent.place.trace_id);
            let mut span = begin(sampler, Some(parent), what)?;
            span.link = link;
            Some(span)
        }
        None if alone => begin(sampler, None, what),
        None => child(what.0, what.1),
    }
}

/// Does `work`, which no call caused, as a trace of its own. `failure`: the kind of failure that its result is.
pub async fn in_root<T>(
    name: &'static str,
    work: impl Future<Output = T>,
    failure: fn(&T) -> Option<&'static str>,
) -> T {
    let span = SAMPLER.get().and_then(|sampler| begin(sampler, None, (SpanKind::Internal, [name, ""])));
    let Some(span) = span else { return work.await };
    let result = span.within(work).await;
    span.end([], failure(&result));
    result
}

/// A span within what this task is at, if that is recorded.
pub fn child(kind: SpanKind, name: [&'static str; 2]) -> Option<Span> {
    SAMPLER.get()?;
    let parent = log_context::place()?;
    Some(span(parent.trace_id, Some(parent.span_id), parent.state.clone(), (kind, name)))
}

fn begin(sampler: &Sampler, parent: Option<TraceParent>, what: What) -> Option<Span> {
    let trace_id = parent.as_ref().map_or_else(new_trace_id, |parent| parent.place.trace_id);
    // With no room for its spans, a trace is not worth beginning.
    if !sampler.records(trace_id, parent.as_ref()) || queue()?.drops() {
        return None;
    }
    // Of an id that the caller chose the share would say what the caller wants.
    let is_asked_for = parent.is_some() && !sampler.records(new_trace_id(), None);
    let (parent_id, state) = parent.map(|parent| (parent.place.span_id, parent.place.state)).unzip();
    let mut span = span(trace_id, parent_id, state.flatten(), what);
    span.is_asked_for = is_asked_for;
    Some(span)
}

fn span(trace_id: u128, parent_id: Option<u64>, state: Option<Arc<str>>, (kind, name): What) -> Span {
    let place = Arc::new(TracePlace { trace_id, span_id: new_span_id(), state });
    let (started, has_ended) = (Instant::now(), AtomicBool::new(false));
    Span { place, parent_id, link: None, kind, name, started, has_ended, is_asked_for: false }
}

/// A new id, random but for some of its bits; never 0.
pub(super) fn new_trace_id() -> u128 {
    uuid::Uuid::new_v4().as_u128()
}

/// The same for a span. The bits that are not random are where they make it differ from 0.
fn new_span_id() -> u64 {
    uuid::Uuid::new_v4().as_u128() as u64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::TraceSampler;

    /// Records every trace that nobody asks not to.
    pub(crate) fn turn_all_on() {
        queue::open(100_000, 512);
        let _ = SAMPLER.set(Sampler::new(TraceSampler { follows_parent: true, share: 1.0 }));
    }

    fn parent(trace: u8, flags: u8) -> TraceParent {
        let text = format!("00-4bf92f3577b34da6a3ce929d0e0e47{trace:02x}-00f067aa0ba902b7-0{flags}");
        TraceParent::read(&text, Some("a=1")).unwrap()
    }

    #[tokio::test]
    async fn a_call_is_within_its_request_unless_it_says_otherwise() {
        turn_all_on();
        let request = of_request("POST", &HeaderMap::new()).unwrap();
        let place = request.place();
        let call = request.within(async { of_call("ping", false, || None) }).await.unwrap();
        assert_eq!((call.place.trace_id, call.parent_id), (place.trace_id, Some(place.span_id)));
        let said = parent(1, 1);
        let call = request.within(async { of_call("ping", false, || Some(said.clone())) }).await.unwrap();
        assert_eq!((call.place.trace_id, call.parent_id), (said.place.trace_id, Some(said.place.span_id)));
        assert_eq!((call.place.state.as_deref(), call.link.clone()), (Some("a=1"), Some(place)));
        let none = request.within(async { of_call("ping", false, || Some(parent(2, 0))) }).await;
        assert!(none.is_none(), "the caller does not record it");
    }

    #[tokio::test]
    async fn what_is_not_recorded_has_no_part_that_is() {
        turn_all_on();
        assert!(child(SpanKind::Client, ["a", "b"]).is_none());
        assert!(of_call("ping", false, || None).is_none());
        let alone = of_call("ping", true, || None).unwrap();
        assert_eq!(alone.parent_id, None);
        let inner = alone.within(async { child(SpanKind::Client, ["a", "b"]) }).await.unwrap();
        assert_eq!(
            (inner.place.trace_id, inner.parent_id),
            (alone.place.trace_id, Some(alone.place.span_id))
        );
    }

    #[tokio::test]
    async fn what_nobody_ends_was_cancelled() {
        turn_all_on();
        drop(of_call("cancelled/here", true, || None));
        let queue = queue().unwrap();
        let spans = std::iter::from_fn(|| Some(queue.take()).filter(|spans| !spans.is_empty())).flatten();
        let ended: Vec<_> = spans.filter(|span| span.name[0] == "cancelled/here").collect();
        assert_eq!((ended.len(), ended[0].failure), (1, Some("cancelled")));
    }
}
