//! `POST`, `GET` and `DELETE /mcp`: Streamable HTTP of both eras. Framing only; `mcp::dispatch` knows the methods.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::{
    Gate, body,
    caller::Caller,
    error::Refusal,
    open_streams::Way,
    reply::{Pending, accepted, json, too_many_streams},
    sse::{self, Opening},
};
use crate::{
    mcp::{Answer, Batch, Handled, Headers, Inbound, Message, Packet, Revision, Server, Session},
    model::{Code, Era, Transport},
};

const SESSION_ID: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";

struct Mirrored<'a>(&'a HeaderMap);

impl Headers for Mirrored<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}

/// `POST /mcp`.
pub(super) async fn post(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let body = body::read(body).await?;
    let version = parts.headers.get(VERSION).map(HeaderValue::as_bytes);
    let says_modern = version == Some(Revision::V2026_07_28.as_str().as_bytes());
    match Packet::parse(&body) {
        Err(fault) => Ok(json(Server::refuse(&fault, says_modern), says_modern)),
        Ok(Packet::One(message)) if Server::is_modern(&message, version) => {
            modern(&gate, &caller, &parts.headers, &body, message).await
        }
        Ok(Packet::One(message)) => legacy(&gate, &caller, &parts.headers, &body, message).await,
        Ok(Packet::Batch(_)) if says_modern => Ok(json(Server::refuse(&Packet::no_batches(), true), true)),
        Ok(Packet::Batch(batch)) => {
            let session = session(&gate, &caller, &parts.headers)?;
            many(&gate, &caller, session, &body, &batch).await
        }
    }
}

fn inbound(gate: &Gate, caller: &Caller) -> Inbound {
    Inbound {
        principal: Arc::clone(&caller.credential.principal),
        request_id: caller.request_id.clone(),
        transport: Transport::StreamableHttp,
        stream: gate.parts.server.parts.streams.resumable(),
        cancel: CancellationToken::new(),
    }
}

async fn modern(
    gate: &Arc<Gate>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &Bytes,
    message: Message<'_>,
) -> Result<Response, Refusal> {
    let inbound = Inbound { stream: Arc::default(), ..inbound(gate, caller) };
    let (stream, cancel) = (Arc::clone(&inbound.stream), inbound.cancel.clone());
    match gate.parts.server.modern(inbound, Some(&Mirrored(headers)), body, message) {
        Handled::Nothing => Ok(accepted()),
        Handled::Answer(answer) | Handled::Initialized(answer, _) => Ok(json(answer, true)),
        Handled::Running(running) => {
            Pending { gate, caller, stream, cancel, session: None }.respond(running).await
        }
    }
}

async fn legacy(
    gate: &Arc<Gate>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &Bytes,
    message: Message<'_>,
) -> Result<Response, Refusal> {
    let opens = matches!(&message, Message::Request(request) if request.method == "initialize");
    let session = if opens { None } else { Some(session(gate, caller, headers)?) };
    if let Some(session) = &session {
        touch(gate, session).await;
    }
    let inbound = inbound(gate, caller);
    let (stream, cancel) = (Arc::clone(&inbound.stream), inbound.cancel.clone());
    match gate.parts.server.legacy(inbound, session.clone(), body, message) {
        Handled::Nothing => Ok(accepted()),
        Handled::Answer(answer) => Ok(json(answer, false)),
        Handled::Initialized(answer, session) => {
            let id = gate.parts.server.parts.sealer.seal(&session);
            let id = HeaderValue::try_from(id).expect("a session id is base64");
            let mut response = json(answer, false);
            response.headers_mut().insert(HeaderName::from_static(SESSION_ID), id);
            Ok(response)
        }
        Handled::Running(running) => {
            Pending { gate, caller, stream, cancel, session: session.as_deref() }.respond(running).await
        }
    }
}

/// The session the request names: it must be the caller's and not have ended.
fn session(gate: &Gate, caller: &Caller, headers: &HeaderMap) -> Result<Arc<Session>, Refusal> {
    if let Some(version) = headers.get(VERSION)
        && version.to_str().ok().and_then(Revision::parse).is_none()
    {
        let text = "the MCP-Protocol-Version header names a version this gateway does not know";
        return Err(Refusal::new(Code::BadRequest, text));
    }
    let id = headers.get(SESSION_ID).ok_or_else(|| {
        let text = "the Mcp-Session-Id header is missing: send initialize first, and its answer's id with every request";
        Refusal::new(Code::SessionRequired, text)
    })?;
    let parts = &gate.parts.server.parts;
    let session = id
        .to_str()
        .ok()
        .and_then(|id| parts.sealer.open(id, &caller.credential.principal, gate.parts.clock.now()));
    session
        .filter(|session| !parts.settings.has_ended(&session.digest))
        .ok_or_else(Refusal::session_not_found)
}

/// Keeps what the session set, for it is in use.
async fn touch(gate: &Gate, session: &Session) {
    gate.open.touch(&session.digest, gate.parts.clock.now());
    if let Err(error) = gate.parts.server.parts.settings.touch(session, gate.parts.clock.now()).await {
        tracing::warn!(%error, "a session's settings could not be kept for another day");
    }
}

/// A batch: every message in order, the answers together. Each counts as a call.
async fn many(
    gate: &Arc<Gate>,
    caller: &Caller,
    session: Arc<Session>,
    body: &Bytes,
    batch: &Batch<'_>,
) -> Result<Response, Refusal> {
    if session.revision != Revision::V2025_03_26 {
        return Ok(json(Server::refuse(&Packet::no_batches(), false), false));
    }
    caller.count_more(gate, batch.len().saturating_sub(1))?;
    touch(gate, &session).await;
    let whole = inbound(gate, caller);
    let (stream, cancel) = (Arc::clone(&whole.stream), whole.cancel.clone());
    let mut running: Vec<BoxFuture<'static, Option<Answer>>> = Vec::new();
    for raw in batch {
        let answer = match Message::parse(raw.get()) {
            Err(fault) => Server::refuse(&fault, false),
            Ok(message) => {
                let inbound = Inbound {
                    stream: Arc::clone(&stream),
                    cancel: cancel.child_token(),
                    ..inbound(gate, caller)
                };
                match gate.parts.server.legacy(inbound, Some(Arc::clone(&session)), body, message) {
                    Handled::Nothing => continue,
                    Handled::Answer(answer) | Handled::Initialized(answer, _) => answer,
                    Handled::Running(call) => {
                        running.push(call);
                        continue;
                    }
                }
            }
        };
        running.push(Box::pin(std::future::ready(Some(answer))));
    }
    let session = Some(&*session);
    Pending { gate, caller, stream, cancel, session }.respond(Box::pin(together(running))).await
}

/// All the answers as one; none if there is nothing to answer.
async fn together(running: Vec<BoxFuture<'static, Option<Answer>>>) -> Option<Answer> {
    let answers: Vec<_> = futures_util::future::join_all(running).await.into_iter().flatten().collect();
    if answers.is_empty() {
        return None;
    }
    let bodies: Vec<_> = answers.iter().map(|answer| String::from_utf8_lossy(&answer.body)).collect();
    Some(Answer { body: format!("[{}]", bodies.join(",")).into(), fault: None, observed: true })
}

/// `GET /mcp`: the session's standalone stream, or one to be resumed. The newest replaces the one before.
pub(super) async fn get(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    refuse_modern(&headers)?;
    let session = session(&gate, &caller, &headers)?;
    touch(&gate, &session).await;
    let principal = &caller.credential.principal;
    let permit = gate.caps.open(&principal.key_id).ok_or_else(too_many_streams)?;
    let (streams, now) = (&gate.parts.server.parts.streams, gate.parts.clock.now());
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let resumed = last.and_then(|last| streams.find(&session.digest, last, now));
    let resumed = resumed.and_then(|(stream, ids)| Some((stream.attach_after(ids.sequence)?, stream, ids)));
    let (reader, stream, ids) = resumed.unwrap_or_else(|| {
        let stream = streams.resumable();
        streams.stand_alone(&session.digest, &stream);
        let ids = streams.keep(&session.digest, &stream, now);
        (stream.attach(), stream, ids)
    });
    let way = Way(Transport::StreamableHttp, Era::Legacy, now);
    let of = (Arc::clone(&session.digest), Some(Arc::clone(&session)));
    let open = gate.open.stream(caller.opener(), of, way, &stream);
    let opening = Opening::Resumable { ids, prime: session.revision >= Revision::V2025_11_25 };
    Ok(sse::respond(reader, opening, Box::new((permit, open))))
}

/// `DELETE /mcp`: ends the session everywhere.
pub(super) async fn delete(
    State(gate): State<Arc<Gate>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    refuse_modern(&headers)?;
    let session = session(&gate, &caller, &headers)?;
    end_session(&gate, &session).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends a session everywhere.
pub(super) async fn end_session(gate: &Gate, session: &Session) -> Result<(), Refusal> {
    let parts = &gate.parts.server.parts;
    parts.settings.end(session).await.map_err(|error| {
        tracing::error!(%error, "a session could not be ended");
        Refusal::new(Code::StoreBusy, "the store is not available: try again in 1 s")
    })?;
    parts.streams.end(&session.digest);
    Ok(())
}

/// 2026-07-28 has no sessions: nothing to get or delete.
fn refuse_modern(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(VERSION).is_some_and(|version| version == Revision::V2026_07_28.as_str()) {
        return Err(Refusal::new(Code::MethodNotAllowed, "2026-07-28 uses POST alone"));
    }
    Ok(())
}
