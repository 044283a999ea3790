//! From spans to the body of a request to a collector.

use std::time::Instant;

use prost::Message;

use super::{
    record::{SpanKind, SpanRecord, SpanValue},
    wire::{
        AnyValue, ExportRequest, ExportResponse, InstrumentationScope, KeyValue, Link, Resource,
        ResourceSpans, ScopeSpans, SpanMessage, Status, Value,
    },
};
use crate::model::UnixMillis;

/// What is recorded: the first flag of W3C.
const SAMPLED: u32 = 1;
/// A wall clock that went further than this against the time since the start was set anew.
const MOST_DRIFT_MILLIS: u64 = 50;

/// Writes spans as OTLP has them.
pub struct SpanEncoder {
    resource: Resource,
    /// A moment on both clocks: spans are timed by the one that nobody sets.
    moment: (Instant, UnixMillis),
}

impl SpanEncoder {
    /// An encoder of a process that those attributes tell of.
    pub fn new(resource: &[(String, String)], now: UnixMillis) -> Self {
        let attributes = resource.iter().map(|(key, value)| text(key, value)).collect();
        Self { resource: Resource { attributes }, moment: (Instant::now(), now) }
    }

    /// The body of a request with those spans. `now`: by the wall clock, which may have been set meanwhile.
    pub fn request(&mut self, spans: &[SpanRecord], now: UnixMillis) -> Vec<u8> {
        let (began, wall) = self.moment;
        let expected = wall.0.saturating_add(began.elapsed().as_millis() as i64);
        if expected.abs_diff(now.0) > MOST_DRIFT_MILLIS {
            self.moment = (Instant::now(), now);
        }
        let scope = InstrumentationScope {
            name: "taskgate".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let spans = spans.iter().map(|span| self.span(span)).collect();
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
        let resource = Some(self.resource.clone());
        ExportRequest { resource_spans: vec![ResourceSpans { resource, scope_spans }] }.encode_to_vec()
    }

    fn span(&self, span: &SpanRecord) -> SpanMessage {
        let own = span.attributes.iter().map(|(key, value)| attribute(key, *value));
        let failure = span.failure.map(|kind| attribute("error.type", SpanValue::Word(kind)));
        SpanMessage {
            trace_id: span.place.trace_id.to_be_bytes().to_vec(),
            span_id: span.place.span_id.to_be_bytes().to_vec(),
            trace_state: span.place.state.as_deref().unwrap_or_default().to_owned(),
            parent_span_id: span.parent_id.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
            name: span.name.join(" ").trim_end().to_owned(),
            kind: match span.kind {
                SpanKind::Internal => 1,
                SpanKind::Server => 2,
                SpanKind::Client => 3,
            },
            start_time_unix_nano: self.nanos(span.started),
            end_time_unix_nano: self.nanos(span.ended),
            attributes: own.chain(failure).collect(),
            links: span.link.iter().map(|link| linked(link.trace_id, link.span_id)).collect(),
            status: span.failure.map(|_| Status { code: 2 }),
            flags: SAMPLED,
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        let (began, wall) = self.moment;
        let wall = i128::from(wall.0) * 1_000_000;
        let since = at.saturating_duration_since(began).as_nanos() as i128;
        let before = began.saturating_duration_since(at).as_nanos() as i128;
        u64::try_from(wall + since - before).unwrap_or_default()
    }
}

/// Spans that a collector says it did not take; `None` when its answer is none of a collector.
pub fn rejected_spans(answer: &[u8]) -> Option<u64> {
    let answer = ExportResponse::decode(answer).ok()?;
    Some(
        answer.partial_success.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or_default()),
    )
}

fn linked(trace_id: u128, span_id: u64) -> Link {
    Link { trace_id: trace_id.to_be_bytes().to_vec(), span_id: span_id.to_be_bytes().to_vec() }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::Text(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value) }
}

fn attribute(key: &str, value: SpanValue) -> KeyValue {
    match value {
        SpanValue::Word(word) => text(key, word),
        SpanValue::Number(number) => {
            let value = AnyValue { value: Some(Value::Number(number)) };
            KeyValue { key: key.to_owned(), value: Some(value) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::model::TracePlace;

    #[test]
    fn a_span_has_its_times_by_the_clock_on_the_wall() {
        let mut encoder = SpanEncoder::new(&[], UnixMillis(1_000_000));
        let started = encoder.moment.0 + Duration::from_micros(7);
        let span = SpanRecord {
            place: Arc::new(TracePlace { trace_id: 1, span_id: 2, state: None }),
            parent_id: None,
            link: None,
            kind: SpanKind::Internal,
            name: ["store", ""],
            started,
            ended: started + Duration::from_nanos(11),
            attributes: Vec::new(),
            failure: Some("busy"),
        };
        let mut times = |now| {
            let request = encoder.request(std::slice::from_ref(&span), UnixMillis(now));
            let span =
                ExportRequest::decode(&*request).unwrap().resource_spans[0].scope_spans[0].spans[0].clone();
            assert_eq!((span.name.as_str(), span.status), ("store", Some(Status { code: 2 })));
            (span.start_time_unix_nano, span.end_time_unix_nano)
        };
        assert_eq!(times(1_000_000), (1_000_000_007_000, 1_000_000_007_011));
        let (start, end) = times(9_000_000);
        assert_eq!(end - start, 11);
        assert!((8_999_000_000_000..=9_000_000_007_000).contains(&start), "{start}");
    }
}
