//! What every request passes, in this order: a request id; the `Host` and `Origin` checks; preflights; the router; CORS
//! headers and the request id on the answer; one log line unless a call was already observed.
//!
//! One function instead of a stack of layers: each boxed layer costs about as much as dispatching a call.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, header},
    response::{IntoResponse, Response},
};
use hyper::body::Incoming;
use tower_service::Service;

use super::{Gate, caller::ClientAddress, cors, error::Refusal, reply::Observed};
use crate::model::RequestId;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Answers one request.
pub(super) async fn answer(
    gate: Arc<Gate>,
    mut router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response {
    let started = Instant::now();
    let offered = request.headers().get(&REQUEST_ID).map(HeaderValue::as_bytes);
    let request_id = RequestId::accept(offered, gate.parts.clock.now());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let (mut parts, body) = request.into_parts();
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let mut response = match admit(&gate, &parts) {
        Err(refusal) => refusal.into_response(),
        Ok(Some(preflight)) => preflight,
        Ok(None) => {
            let forwarded = parts.headers.get(FORWARDED_FOR).and_then(|value| value.to_str().ok());
            let address = gate.client_address(peer.ip(), forwarded);
            parts.extensions.insert(ClientAddress(address));
            parts.extensions.insert(request_id.clone());
            match router.call(Request::from_parts(parts, Body::new(body))).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };
    let observed = response.extensions().get::<Observed>().is_some();
    let headers = response.headers_mut();
    cors::tell(&gate, origin, headers);
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if !observed {
        let (status, duration_us) = (response.status().as_u16(), started.elapsed().as_micros() as u64);
        if is_probe(&path) {
            tracing::debug!(target: "taskgate::access", %request_id, %method, path, status, duration_us, "request");
        } else {
            tracing::info!(target: "taskgate::access", %request_id, %method, path, status, duration_us, "request");
        }
    }
    response
}

/// Whether the request may go on, or is answered here.
fn admit(gate: &Gate, parts: &axum::http::request::Parts) -> Result<Option<Response>, Refusal> {
    let path = parts.uri.path();
    if !is_probe(path) {
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|_| hosts.next().is_none());
        cors::check_host(
            gate,
            host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str)),
        )?;
    }
    cors::check_origin(gate, &parts.headers)?;
    Ok(cors::preflight(gate, &parts.method, &parts.headers))
}

/// Probes come from platforms that know no name of ours, every few seconds.
fn is_probe(path: &str) -> bool {
    matches!(path, "/health" | "/ready")
}
