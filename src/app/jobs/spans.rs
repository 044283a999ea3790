//! Sends spans to the collector, some at a time. A collector that is not there costs spans and nothing else: what it does not take is
//! tried a few times, more slowly each time, then given up; what there is no room for meanwhile is dropped. The log says once that it
//! takes nothing, and once that it does again.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    config::TraceSettings,
    model::{Causes, doubled_millis},
    net::{HttpClient, HttpRequest, NetError},
    telemetry::{
        metrics::{SPANS, SpanOutcome},
        traces::{SpanEncoder, SpanQueue, rejected_spans},
    },
};

/// Bytes of an answer that are read.
const MOST_BYTES: usize = 64 * 1024;
/// How often some spans are tried.
const ATTEMPTS: u32 = 5;
/// The wait after a first failure, which doubles with each further one, and the longest.
const FIRST_WAIT_MILLIS: i64 = 1_000;
const MOST_WAIT_MILLIS: i64 = 30_000;
/// For the last spans, when everything else has ended.
const LAST: Duration = Duration::from_secs(2);
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// Why spans were not taken.
#[derive(Debug, thiserror::Error)]
enum SpansRefused {
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("what answers there is no collector: {0} is the path of one")]
    NoCollector(&'static str),
    #[error("it left out {0} spans")]
    Rejected(u64),
    #[error(transparent)]
    Net(#[from] NetError),
}

impl SpansRefused {
    /// Whether the same may be taken later (OTLP has these statuses).
    const fn may_be_tried_again(&self) -> bool {
        matches!(self, Self::Net(_) | Self::Status(429 | 502 | 503 | 504))
    }
}

/// A request with some spans, until it is taken or given up.
struct SpanBatch {
    body: Vec<u8>,
    spans: usize,
    failures: u32,
}

/// What sending some spans came to.
enum ExportOutcome {
    /// There were none.
    Nothing,
    /// They were taken; after a whole batch there may be more.
    Taken { is_batch: bool },
    /// They were not; it is of no use to go on before that.
    NotTaken { wait: Duration },
}

/// The sending of one process's spans.
pub(super) struct SpanExport {
    client: HttpClient,
    settings: TraceSettings,
    queue: &'static SpanQueue,
    clock: Arc<dyn Clock>,
    sending: Mutex<Sending>,
}

struct Sending {
    encoder: SpanEncoder,
    /// What was begun and is not over.
    batch: Option<SpanBatch>,
    /// Batches that were not taken, one after the other.
    failures: u32,
}

impl SpanExport {
    pub(super) fn new(
        client: HttpClient,
        settings: TraceSettings,
        queue: &'static SpanQueue,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let encoder = SpanEncoder::new(&settings.resource, clock.now());
        let sending = Mutex::new(Sending { encoder, batch: None, failures: 0 });
        Self { client, settings, queue, clock, sending }
    }

    /// Sends until it is dropped.
    pub(super) async fn run(&self) {
        loop {
            self.queue.some(self.settings.delay).await;
            loop {
                match self.send_some().await {
                    ExportOutcome::Nothing | ExportOutcome::Taken { is_batch: false } => break,
                    ExportOutcome::Taken { is_batch: true } => {}
                    ExportOutcome::NotTaken { wait } => tokio::time::sleep(wait).await,
                }
            }
        }
    }

    /// Sends what is left, each once, if that is quick.
    pub(super) async fn finish(&self) {
        let all = async { while matches!(self.send_some().await, ExportOutcome::Taken { .. }) {} };
        let _ = tokio::time::timeout(LAST, all).await;
    }

    /// Sends some spans: those that were not taken before, if there are any.
    async fn send_some(&self) -> ExportOutcome {
        let mut sending = self.sending.lock().await;
        let batch = match sending.batch.take() {
            Some(batch) => batch,
            None => {
                let spans = self.queue.take();
                if spans.is_empty() {
                    return ExportOutcome::Nothing;
                }
                let body = sending.encoder.request(&spans, self.clock.now());
                SpanBatch { body, spans: spans.len(), failures: 0 }
            }
        };
        let (spans, failures, body) = (batch.spans, batch.failures + 1, batch.body.clone());
        // Whoever stops this while it is sent goes on with it.
        sending.batch = Some(batch);
        let taken = self.post(body).await;
        self.tell(&mut sending, &taken);
        let Err(error) = taken else {
            sending.batch = None;
            count(SpanOutcome::Exported, spans);
            return ExportOutcome::Taken { is_batch: self.queue.is_batch(spans) };
        };
        let is_over = failures >= ATTEMPTS || !error.may_be_tried_again();
        if is_over {
            let lost = if let SpansRefused::Rejected(lost) = error { lost as usize } else { spans };
            count(SpanOutcome::Failed, lost.min(spans));
            count(SpanOutcome::Exported, spans.saturating_sub(lost));
        }
        sending.batch =
            sending.batch.take().filter(|_| !is_over).map(|batch| SpanBatch { failures, ..batch });
        let wait = doubled_millis(FIRST_WAIT_MILLIS, sending.failures.saturating_sub(1), MOST_WAIT_MILLIS);
        ExportOutcome::NotTaken { wait: Duration::from_millis(wait.unsigned_abs()) }
    }

    /// Says when it begins to fail and when that is over.
    fn tell(&self, sending: &mut Sending, taken: &Result<(), SpansRefused>) {
        let collector = self.settings.endpoint.origin().ascii_serialization();
        match taken {
            Ok(()) if sending.failures > 0 => {
                tracing::info!(collector, failures = sending.failures, "the collector takes spans again");
                sending.failures = 0;
            }
            Ok(()) => {}
            Err(error) => {
                if sending.failures == 0 {
                    tracing::warn!(error = %Causes(error), collector, "the collector does not take spans: trying again, those it does not take are lost");
                }
                sending.failures = sending.failures.saturating_add(1);
            }
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), SpansRefused> {
        let mut headers = self.settings.headers.clone();
        headers.insert(header::CONTENT_TYPE, PROTOBUF);
        let request = HttpRequest {
            method: Method::POST,
            url: self.settings.endpoint.clone(),
            headers,
            body: Some(body),
            timeout: self.settings.timeout,
            most_bytes: MOST_BYTES,
        };
        let answer = self.client.send(request).await?;
        match answer.status {
            200..300 => checked(&answer.headers, &answer.body),
            status => Err(SpansRefused::Status(status)),
        }
    }
}

/// Whether an answer says that all was taken. One of another kind than OTLP's is taken for a yes, unless it is a page for people.
fn checked(headers: &HeaderMap, body: &[u8]) -> Result<(), SpansRefused> {
    let is = |kind: &[u8]| {
        headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(kind))
    };
    let no_collector = Err(SpansRefused::NoCollector("/v1/traces"));
    if is(b"text/html") {
        return no_collector;
    }
    if !is(PROTOBUF.as_bytes()) {
        return Ok(());
    }
    match rejected_spans(body) {
        Some(0) => Ok(()),
        Some(rejected) => Err(SpansRefused::Rejected(rejected)),
        None => no_collector,
    }
}

fn count(outcome: SpanOutcome, spans: usize) {
    for _ in 0..spans {
        SPANS.add(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_collector_answers_is_no_yes() {
        let check = |kind: &'static str, body: &[u8]| {
            let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect();
            checked(&headers, body)
        };
        for (kind, body) in
            [("application/x-protobuf", &b""[..]), ("application/json", b"{}"), ("text/plain", b"OK")]
        {
            assert!(check(kind, body).is_ok(), "{kind}");
        }
        assert!(check("text/html; charset=utf-8", b"<p>").is_err());
        assert!(check("application/x-protobuf", b"<p>hello").is_err());
        // partial_success { rejected_spans: 3 }
        let partly = check("application/x-protobuf", &[0x0a, 2, 8, 3]);
        assert!(matches!(partly, Err(SpansRefused::Rejected(3))), "{partly:?}");
    }
}
