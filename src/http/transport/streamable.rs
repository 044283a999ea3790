//! `POST`, `GET` and `DELETE /mcp`: Streamable HTTP of both eras. Framing only; `mcp` knows the methods.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use tokio_util::sync::CancellationToken;

use super::{
    accept::Accepts,
    reply::{PendingReply, accepted, refused, whole},
    sse::{self, Opening},
};
use crate::{
    http::{
        error::Refusal,
        extract::{Caller, body},
        state::{AppState, ProtocolInfo},
    },
    mcp::{Headers, Incoming, Reply, RequestContext, Revision, Session, Stream, StreamKind},
    model::{Causes, Code, Era, Transport},
};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

struct Mirrored<'a>(&'a HeaderMap);

impl Headers for Mirrored<'_> {
    fn header(&self, name: &str) -> Option<&[u8]> {
        // A name of ours need not be read again for every call.
        let value = match name {
            "mcp-protocol-version" => self.0.get(&VERSION),
            "mcp-method" => self.0.get(&METHOD),
            "mcp-name" => self.0.get(&NAME),
            other => self.0.get(other),
        };
        value.map(HeaderValue::as_bytes)
    }
}

/// `POST /mcp`; the pipeline calls it, without a router before it.
pub async fn post(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let body = body::read(body).await?;
    let version = headers.get(&VERSION).map(HeaderValue::as_bytes);
    let incoming = match Incoming::read(&body, version) {
        Ok(incoming) => incoming,
        Err(fault) => return Ok(refused(&fault)),
    };
    let session = if incoming.needs_session() { Some(session(state, caller, headers)?) } else { None };
    let incoming = match incoming.within(session.clone()) {
        Ok(incoming) => incoming,
        Err(fault) => return Ok(refused(&fault)),
    };
    caller.count_more(state, incoming.calls().saturating_sub(1)).await?;
    if let Some(session) = &session {
        touch(state, session).await;
    }
    let (accepts, era) = (Accepts::of(headers), incoming.era());
    let stream = stream(state, accepts, era);
    let context = context(caller, Arc::clone(&stream));
    let cancel = context.cancel.clone();
    match state.server.receive(incoming, context, Some(&Mirrored(headers))) {
        Reply::None => Ok(accepted()),
        Reply::Elsewhere(heard) => Ok(heard.await.map(|()| accepted())?),
        Reply::Ready(answer) => Ok(whole(answer, era, accepts)),
        Reply::Initialized(answer, session) => {
            let id = state.server.session_id(&session);
            let id = HeaderValue::try_from(id).expect("a session id is base64");
            let mut response = whole(answer, era, accepts);
            response.headers_mut().insert(SESSION_ID, id);
            Ok(response)
        }
        Reply::Pending(running) => {
            let session = session.as_deref();
            PendingReply { state, caller, stream, cancel, session, accepts }.respond(running).await
        }
    }
}

fn context(caller: &Caller, stream: Arc<Stream>) -> RequestContext {
    RequestContext {
        principal: Arc::clone(&caller.credential.principal),
        request_id: caller.request.id.clone(),
        transport: Transport::StreamableHttp,
        stream,
        cancel: CancellationToken::new(),
    }
}

/// Where what precedes the answer goes: nowhere, when the client takes the answer alone.
fn stream(state: &AppState, accepts: Accepts, era: Era) -> Arc<Stream> {
    match (accepts, era) {
        (Accepts::Json, _) => Arc::new(Stream::muted()),
        (_, Era::Stateless) => Arc::default(),
        (_, Era::Sessions) => state.server.streams().resumable(),
    }
}

/// The session the request names: it must be the caller's and not have ended.
fn session(state: &AppState, caller: &Caller, headers: &HeaderMap) -> Result<Arc<Session>, Refusal> {
    if let Some(version) = headers.get(&VERSION)
        && version.to_str().ok().and_then(Revision::parse).is_none()
    {
        let text = "the MCP-Protocol-Version header names a version this gateway does not know";
        return Err(Refusal::new(Code::BadRequest, text));
    }
    let id = headers.get(&SESSION_ID).ok_or_else(|| {
        let text = "the Mcp-Session-Id header is missing: send initialize first, and its answer's id with every request";
        Refusal::new(Code::SessionRequired, text)
    })?;
    let (principal, now) = (&caller.credential.principal, state.clock.store_now());
    let session = id.to_str().ok().and_then(|id| state.server.session(id, principal, now));
    session.ok_or_else(Refusal::session_not_found)
}

/// Keeps what the session set, for it is in use.
async fn touch(state: &AppState, session: &Session) {
    let now = state.clock.moment();
    state.open_exchanges.touch(&session.digest, now.store);
    if let Err(error) = state.server.touch(session, now).await {
        tracing::warn!(error = %Causes(&error), "a session's settings could not be kept for another day");
    }
}

/// `GET /mcp`: a standalone stream of the session, beside those it has, or one to be resumed.
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    refuse_stateless(&headers)?;
    let session = session(&state, &caller, &headers)?;
    touch(&state, &session).await;
    let principal = &caller.credential.principal;
    let permit = state.stream_place(&principal.key_id)?;
    let (streams, now) = (state.server.streams(), state.clock.store_now());
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let resumed = last.and_then(|last| streams.resume(&session.digest, last, principal, now));
    let (reader, ids) = resumed.unwrap_or_else(|| {
        let stream = streams.resumable();
        let reader = stream.attach();
        streams.stand_alone(&session.digest, &stream, principal, now);
        let ids = streams.keep(&session.digest, &stream, StreamKind::Standalone, now);
        (reader, ids)
    });
    let alone = streams.read_alone(&session.digest);
    alone.until_known().await;
    let protocol = ProtocolInfo { transport: Transport::StreamableHttp, era: Era::Sessions, opened_at: now };
    let of = (Arc::clone(&session.digest), Some(Arc::clone(&session)));
    let open = state.open_exchanges.stream(caller.opener(), of, protocol, &reader.stream());
    let prime = session.revision >= Revision::V2025_11_25;
    // One stream too many ends the oldest; a client told when to come back would end the next, for ever.
    let opening = Opening::Resumable { ids, prime, retry: false };
    Ok(sse::respond(
        reader,
        opening,
        (&caller.credential, &state.authenticator),
        Box::new((permit, open, alone)),
    ))
}

/// `DELETE /mcp`: ends the session everywhere.
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    refuse_stateless(&headers)?;
    let session = session(&state, &caller, &headers)?;
    end_session(&state, &session).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends a session everywhere.
pub async fn end_session(state: &AppState, session: &Session) -> Result<(), Refusal> {
    state.server.end(session, state.clock.moment()).await.map_err(|error| {
        tracing::error!(error = %Causes(&error), "a session could not be ended");
        Refusal::new(Code::StoreBusy, "the store is not available: try again in 1 s")
    })
}

/// 2026-07-28 has no sessions: nothing to get or delete.
fn refuse_stateless(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(&VERSION).is_some_and(|version| version == Revision::V2026_07_28.as_str()) {
        return Err(Refusal::method("POST", "2026-07-28 uses POST alone"));
    }
    Ok(())
}
