//! What every request passes, in this order: a request id; whether its connection is one too many; the `Host` and `Origin`
//! checks; preflights; the router; CORS headers and the request id on the answer; one log line unless a call was already
//! observed.
//!
//! One function instead of a stack of layers: each boxed layer costs about as much as dispatching a call.

use std::{net::SocketAddr, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, request},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower::Service;

use super::{
    access_line, client_address, counting,
    layers::{before_pages, mark_credential, panicked},
    origin,
    own_path::own_path,
    request_span,
};
use crate::{
    http::{
        dashboard::{PageFrame, is_page, refusal_as_page},
        error::Refusal,
        extract::Caller,
        router::router,
        state::{AppState, RequestInfo},
        transport::{Observed, legacy_sse, streamable},
    },
    limits::Beyond,
    log_context,
    model::{RequestId, UnixMillis},
    telemetry::traces::Span,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const KEY_ENDS: HeaderName = HeaderName::from_static("x-key-expires-at");

/// What every request passes on its way to its page and back.
pub struct Pipeline {
    pub state: AppState,
    router: Router,
}

impl Pipeline {
    /// The pipeline before the pages of `state`.
    pub fn new(state: AppState) -> Self {
        Self { router: before_pages(router(&state)), state }
    }

    /// Answers one request. `crowded`: its connection is one too many.
    pub async fn answer(
        self: Arc<Self>,
        peer: SocketAddr,
        crowded: Option<Beyond>,
        request: Request<Body>,
    ) -> Response {
        let state = &self.state;
        let (started, now) = (Instant::now(), state.clock.now());
        let (mut parts, body) = request.into_parts();
        let offered = parts.headers.get(&REQUEST_ID).map(HeaderValue::as_bytes);
        let offered = offered.filter(|id| !is_credential(id, &parts.headers));
        let origin = origin::allowed_origin(state, &parts.headers).cloned();
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let own_path = own_path(uri.path(), state.listen.prefix());
        if own_path.len() != uri.path().len() {
            parts.uri = moved(&uri, own_path);
        }
        let source = &state.listen.client_address;
        let address = client_address::client_address(source, peer.ip(), &parts.headers);
        let info = Arc::new(RequestInfo::new(RequestId::accept(offered, now), address));
        client_address::log(source, &info.id, (peer.ip(), address), &parts.headers);
        let frame = is_page(own_path).then(|| PageFrame::for_anybody(&state.listen, &parts.headers, now));
        let span = if is_probe(own_path) { None } else { request_span::begin(&parts.method, &parts.headers) };
        let place = span.as_ref().map(Span::place);
        let mut response = match admit(state, &parts, (crowded, frame.is_some())) {
            Err(refusal) => refusal.into_response(),
            Ok(Some(preflight)) => preflight,
            Ok(None) => {
                match own_path {
                    "/mcp" | "/sse/messages" if method == Method::POST => {
                        mark_credential(&mut parts.headers);
                        let call = call(state, &info, own_path, &parts, body);
                        Box::pin(log_context::traced(info.clone(), place, call)).await
                    }
                    // In boxes both: whatever is the largest future here is copied for every request.
                    _ => {
                        let answer =
                            route(self.router.clone(), Arc::clone(&info), Request::from_parts(parts, body));
                        Box::pin(log_context::traced(info.clone(), place, answer)).await
                    }
                }
            }
        };
        let observed = response.extensions().get::<Observed>().is_some();
        match frame {
            Some(frame) => response = refusal_as_page(&frame, response),
            None => origin::tell(state, origin, response.headers_mut()),
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(info.id.as_str()) {
            headers.insert(REQUEST_ID, id);
        }
        tell_limits(&info, now, headers);
        if let Some(span) = span {
            request_span::end(&span, info.caller().is_some(), (&method, own_path), response.status());
        }
        counting::count(&method, own_path, response.status(), started);
        if !observed {
            access_line::log(&info, (&method, uri.path(), is_probe(own_path)), (response.status(), started));
        }
        response
    }
}

/// Answers `POST /mcp` and `POST /sse/messages`. They are nearly everything that is asked, and finding the way to them costs as
/// much as answering them.
async fn call(
    state: &AppState,
    info: &Arc<RequestInfo>,
    own_path: &str,
    parts: &request::Parts,
    body: Body,
) -> Response {
    let answer = async {
        let caller = Caller::admit(state, info, &parts.headers).await?;
        match own_path {
            "/mcp" => streamable::post(state, &caller, &parts.headers, body).await,
            _ => legacy_sse::message(state, &caller, &parts.uri, body).await,
        }
    };
    // Nothing of a request outlives it but what locks protect, and those go on after a panic.
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(answer) => answer.unwrap_or_else(IntoResponse::into_response),
        Err(panic) => panicked(panic),
    }
}

async fn route(mut router: Router, info: Arc<RequestInfo>, mut request: Request<Body>) -> Response {
    request.extensions_mut().insert(info);
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// What is left of the caller's rate, and whether its key ends soon.
fn tell_limits(info: &RequestInfo, now: UnixMillis, headers: &mut HeaderMap) {
    if let Some(allowance) = info.allowance() {
        let full_at = now.plus(allowance.full_after.as_millis() as i64).plus(999).seconds();
        headers.insert(RATE_LIMIT, allowance.limit.into());
        headers.insert(RATE_REMAINING, allowance.remaining.into());
        headers.insert(RATE_RESET, full_at.into());
    }
    if let Some(end) = info.key_expires_at()
        && let Ok(end) = HeaderValue::try_from(end.rfc3339())
    {
        headers.insert(KEY_ENDS, end);
    }
}

/// Whether a caller gave its credential where its request's id belongs: a static one looks like nothing in particular.
fn is_credential(id: &[u8], headers: &HeaderMap) -> bool {
    let credentials = headers.get_all(header::AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let mut bare = credentials.filter_map(|value| value.rsplit(|byte| *byte == b' ').next());
    bare.any(|bare| bare == id)
}

/// Whether the request may go on, or is answered here.
fn admit(
    state: &AppState,
    parts: &request::Parts,
    (crowded, is_page): (Option<Beyond>, bool),
) -> Result<Option<Response>, Refusal> {
    let path = parts.uri.path();
    if !is_probe(path) {
        if let Some(crowded) = crowded {
            return Err(Refusal::crowded(crowded));
        }
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|_| hosts.next().is_none());
        origin::check_host(state, host)?;
        // A request line with a whole URL means that name, whatever the header says.
        if let Some(authority) = parts.uri.authority() {
            origin::check_host(state, Some(authority.as_str()))?;
        }
    }
    // A form of the dashboard is judged by its own rule, which opens less and says what a person can do about it.
    if !(is_page && parts.method == Method::POST) {
        origin::check_origin(state, &parts.headers)?;
    }
    // No page of another origin reads those of the dashboard.
    Ok(origin::preflight(state, &parts.method, &parts.headers).filter(|_| !is_page))
}

/// The same request for that path.
fn moved(uri: &Uri, path: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    let query = uri.query().map(|query| format!("{path}?{query}"));
    parts.path_and_query = query.as_deref().unwrap_or(path).parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// Probes come from platforms that know no name of ours, every few seconds.
fn is_probe(path: &str) -> bool {
    matches!(path, "/health" | "/ready" | "/metrics")
}
