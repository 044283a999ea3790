//! A collector of spans, which reads what it is sent with the published messages of OTLP; and somebody who hears what the gateway
//! posts elsewhere.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::any,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;

use super::known;

/// What a collector does with spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    All,
    Status(u16),
    /// It answers with a page for people.
    Page,
    /// It never answers.
    Nothing,
}

/// A request that was posted.
#[derive(Clone)]
pub struct Posted {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone)]
pub struct Collector {
    pub address: SocketAddr,
    takes: Arc<Mutex<Takes>>,
    tried: Arc<Mutex<usize>>,
    taken: Arc<Mutex<Vec<Posted>>>,
}

impl Collector {
    pub async fn start(takes: Takes) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), takes).await
    }

    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    pub async fn at(address: SocketAddr, takes: Takes) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let takes = Arc::new(Mutex::new(takes));
        let collector = Self { address, takes, tried: Arc::default(), taken: Arc::default() };
        let router = Router::new().fallback(any(hear)).with_state(collector.clone());
        tokio::task::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn takes(&self, takes: Takes) {
        *self.takes.lock().unwrap() = takes;
    }

    /// How often something was posted.
    pub fn tried(&self) -> usize {
        *self.tried.lock().unwrap()
    }

    /// What was posted and taken.
    pub fn taken(&self) -> Vec<Posted> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The spans that were taken.
    pub fn spans(&self) -> Spans {
        let mut spans = Vec::new();
        for posted in self.taken().iter().filter(|posted| posted.path == "/v1/traces") {
            let request = ExportTraceServiceRequest::decode(&*posted.body).expect("it is OTLP");
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            spans.extend(scopes.flat_map(|scope| scope.spans));
        }
        Spans(spans)
    }

    /// The spans, as soon as one has that name in that trace; `""`: in any.
    pub async fn with_span(&self, trace: &str, name: &str) -> Spans {
        let begun = Instant::now();
        loop {
            let spans = self.spans();
            if spans.of(trace).0.iter().any(|span| span.name == name) {
                return spans.of(trace);
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "no {name} among {:?}", spans.names());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn hear(State(collector): State<Collector>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    *collector.tried.lock().unwrap() += 1;
    let takes = *collector.takes.lock().unwrap();
    match takes {
        Takes::All => {
            known::assert_none_in("what a collector is sent", &body);
            collector.taken.lock().unwrap().push(Posted { path: uri.path().to_owned(), headers, body });
            let kind = HeaderValue::from_static("application/x-protobuf");
            ([("content-type", kind)], "").into_response()
        }
        Takes::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Takes::Page => ([("content-type", "text/html")], "<p>hello").into_response(),
        Takes::Nothing => std::future::pending().await,
    }
}

/// Some spans.
#[derive(Clone, Debug)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// Those of a trace.
    pub fn of(&self, trace: &str) -> Self {
        let spans = self.0.iter().filter(|span| trace.is_empty() || hex(&span.trace_id) == trace);
        Self(spans.cloned().collect())
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| span.name.as_str()).collect()
    }

    /// The first span of that name.
    pub fn named(&self, name: &str) -> &Span {
        let span = self.0.iter().find(|span| span.name == name);
        span.unwrap_or_else(|| panic!("no {name} among {:?}", self.names()))
    }

    /// The name of the span that one is a part of; the id when it is none of these.
    pub fn parent(&self, span: &Span) -> String {
        let parent = self.0.iter().find(|other| other.span_id == span.parent_span_id);
        parent.map_or_else(|| hex(&span.parent_span_id), |parent| parent.name.clone())
    }
}

pub fn hex(bytes: &[u8]) -> String {
    taskgate::model::hex(bytes)
}

/// The attributes of a span, in its order.
pub fn attributes(span: &Span) -> Vec<String> {
    let text = |value: &Option<Value>| match value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pair = |pair: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        format!("{}={}", pair.key, text(&pair.value.clone().unwrap_or_default().value))
    };
    span.attributes.iter().map(pair).collect()
}
