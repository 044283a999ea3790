//! What a trace tells of a request: its method, the route's template, the status. Never its path, which may hold anything.

use axum::http::{HeaderMap, Method, StatusCode};

use crate::{
    http::router::ROUTES,
    telemetry::traces::{self, Span},
};

/// A span for a request with those headers.
pub(super) fn begin(method: &Method, headers: &HeaderMap) -> Option<Span> {
    traces::of_request(word(method), headers)
}

/// Ends the span of an answered request. Who is not known has nothing recorded that would not be without a word of theirs.
pub(super) fn end(span: &Span, is_known: bool, (method, own_path): (&Method, &str), status: StatusCode) {
    if !is_known {
        span.forget_if_asked_for();
    }
    let method = word(method);
    let route = ROUTES.iter().find(|route| route.has(own_path)).map(|route| route.path.as_str());
    let attributes = [
        Some(("http.request.method", method.into())),
        route.map(|route| ("http.route", route.into())),
        Some(("http.response.status_code", status.as_u16().into())),
    ];
    span.end_as([method, route.unwrap_or_default()], attributes, failure(status));
}

/// A failure is the gateway's; what it refuses is none.
const fn failure(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        500 => Some("500"),
        503 => Some("503"),
        501.. => Some("5xx"),
        _ => None,
    }
}

/// The method, or the word that OpenTelemetry has for one that nobody knows.
fn word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}
