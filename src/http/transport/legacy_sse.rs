//! `GET /sse` and `POST /sse/messages`: HTTP+SSE of 2024-11-05, with any legacy revision inside it. The session is its
//! stream: it ends, and everything of it is freed, when the stream does.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{
    reply::{Observed, accepted, count_unread, refused},
    sse::{self, Opening},
};
use crate::{
    http::{
        error::Refusal,
        extract::{Caller, body},
        state::{AppState, LegacyPost, LegacyStream, LegacyStreams, ProtocolInfo},
    },
    mcp::{Incoming, Reply, RequestContext, Server, Stream},
    model::{Era, KeyHashes, Transport},
};

/// Frees a peer with its stream.
struct LegacyStreamGuard {
    streams: Arc<LegacyStreams>,
    server: Arc<Server>,
    id: String,
}

#[derive(Deserialize)]
struct Target {
    session_id: String,
}

/// `GET /sse`.
pub async fn open(State(state): State<AppState>, caller: Caller) -> Result<Response, Refusal> {
    let principal = &caller.credential.principal;
    let permit = state.stream_place(&principal.key_id)?;
    let own = uuid::Uuid::new_v4().simple();
    // Whichever gateway gets a post for it knows where it is.
    let id = state.bus.as_ref().map_or_else(|| own.to_string(), |bus| format!("{}-{own}", bus.instance()));
    let stream: Arc<Stream> = Arc::default();
    // The public id is another: who knows it cannot post.
    let shown: Arc<str> = uuid::Uuid::new_v4().simple().to_string().into();
    let peer = LegacyStream {
        owner: Arc::clone(principal),
        stream: Arc::clone(&stream),
        session: Mutex::default(),
        shown: Arc::clone(&shown),
        gone: CancellationToken::new(),
    };
    state.legacy_streams.insert(id.clone(), Arc::new(peer));
    let guard = LegacyStreamGuard {
        streams: Arc::clone(&state.legacy_streams),
        server: Arc::clone(&state.server),
        id: id.clone(),
    };
    let protocol = ProtocolInfo {
        transport: Transport::LegacySse,
        era: Era::Sessions,
        opened_at: state.clock.store_now(),
    };
    let registered =
        state.open_exchanges.stream(caller.opener(), (Arc::clone(&shown), None), protocol, &stream);
    let endpoint = format!("{}/sse/messages?session_id={id}", state.listen.prefix());
    let (opening, held) = (Opening::Endpoint(endpoint), Box::new((guard, registered, permit)));
    Ok(sse::respond(stream.attach(), opening, (&caller.credential, &state.authenticator), held))
}

/// `POST /sse/messages?session_id=`; the pipeline calls it, without a router before it.
pub async fn message(state: &AppState, caller: &Caller, uri: &Uri, body: Body) -> Result<Response, Refusal> {
    let target = Query::<Target>::try_from_uri(uri).map_err(|_| Refusal::stream_not_found())?;
    let id = &target.session_id;
    if let Some(owner) = state.owner_elsewhere(id) {
        let body = body::read(body).await?;
        return message_elsewhere(state, caller, (owner, id), &body).await;
    }
    let peer = stream_of(state, caller, id)?;
    let body = body::read(body).await?;
    deliver(state, caller, &peer, (&body, true)).await
}

/// Takes a message of a caller whom another gateway counted.
pub async fn take(state: &AppState, caller: &Caller, id: &str, body: &Bytes) -> Result<Response, Refusal> {
    let peer = stream_of(state, caller, id)?;
    deliver(state, caller, &peer, (body, false)).await
}

/// The caller's own open stream of that id.
fn stream_of(state: &AppState, caller: &Caller, id: &str) -> Result<Arc<LegacyStream>, Refusal> {
    let asking = &caller.credential.principal;
    let peer = state.legacy_streams.get(id).map(|peer| Arc::clone(&peer));
    let peer = peer
        .filter(|peer| peer.owner.owns(&asking.workspace, &asking.user_id))
        .ok_or_else(Refusal::stream_not_found)?;
    state.open_exchanges.touch(&peer.shown, state.clock.store_now());
    Ok(peer)
}

async fn deliver(
    state: &AppState,
    caller: &Caller,
    peer: &Arc<LegacyStream>,
    (body, counts): (&Bytes, bool),
) -> Result<Response, Refusal> {
    let incoming = Incoming::read_in_sessions(body).and_then(|incoming| incoming.within(peer.session()));
    let incoming = match incoming {
        Ok(incoming) => incoming,
        Err(fault) => return Ok(refused(&fault)),
    };
    if counts {
        caller.count_more(state, incoming.calls().saturating_sub(1)).await?;
    }
    let mut response = accepted();
    if carry(state, caller, peer, incoming) {
        response.extensions_mut().insert(Observed);
    }
    Ok(response)
}

/// Has the gateway take the message that has the stream; its answer is the client's.
async fn message_elsewhere(
    state: &AppState,
    caller: &Caller,
    (owner, id): (&str, &str),
    body: &Bytes,
) -> Result<Response, Refusal> {
    match Incoming::read_in_sessions(body) {
        Ok(incoming) => caller.count_more(state, incoming.calls().saturating_sub(1)).await?,
        Err(fault) => return Ok(refused(&fault)),
    }
    let KeyHashes { current, old } = caller.credential.hashes;
    let post = LegacyPost {
        session_id: id.to_owned(),
        key: (current, old),
        request_id: caller.request.id.as_str().to_owned(),
        client_address: caller.request.client_address,
        client: caller.client(),
    };
    let (word, answer) = state.post_elsewhere(owner, post, body).await?;
    let status = StatusCode::from_u16(word.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = status.into_response();
    if !answer.is_empty() {
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        response = (status, content_type, answer).into_response();
    }
    if word.is_observed {
        response.extensions_mut().insert(Observed);
    }
    Ok(response)
}

fn context(caller: &Caller, peer: &LegacyStream) -> RequestContext {
    RequestContext {
        principal: Arc::clone(&caller.credential.principal),
        request_id: caller.request.id.clone(),
        transport: Transport::LegacySse,
        stream: Arc::clone(&peer.stream),
        cancel: peer.gone.child_token(),
    }
}

/// Runs what the POST does not wait for.
fn spawn(
    state: &AppState,
    caller: &Caller,
    cancel: &CancellationToken,
    running: impl Future<Output = ()> + Send + 'static,
) {
    let protocol = ProtocolInfo {
        transport: Transport::LegacySse,
        era: Era::Sessions,
        opened_at: state.clock.store_now(),
    };
    let open = state.open_exchanges.call(caller.opener(), protocol, cancel);
    state.lifecycle.spawn(async move {
        running.await;
        drop(open);
    });
}

/// Puts the answers on the peer's stream. Says whether a call came of it, which is observed when it ends.
fn carry(state: &AppState, caller: &Caller, peer: &Arc<LegacyStream>, incoming: Incoming<'_>) -> bool {
    let context = context(caller, peer);
    let (server, cancel) = (&state.server, context.cancel.clone());
    match server.receive(incoming, context, None) {
        Reply::None => false,
        Reply::Elsewhere(heard) => {
            state.lifecycle.spawn(async move { drop(heard.await) });
            false
        }
        Reply::Ready(answer) => {
            let observed = answer.observed;
            if !observed {
                count_unread(answer.fault);
            }
            peer.send(answer);
            observed
        }
        Reply::Initialized(answer, session) => {
            let opened = || peer.session.lock().unwrap_or_else(PoisonError::into_inner);
            server.open_on((&peer.stream, &peer.owner), &mut opened(), session);
            peer.send(answer);
            true
        }
        Reply::Pending(mut running) => {
            // A call that is ready at once never pays for a task.
            match running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => peer.send(answer),
                Poll::Pending => {
                    let peer = Arc::clone(peer);
                    spawn(state, caller, &cancel, async move { peer.send(running.await) });
                }
            }
            true
        }
    }
}

impl Drop for LegacyStreamGuard {
    fn drop(&mut self) {
        if let Some((_, peer)) = self.streams.remove(&self.id) {
            peer.gone.cancel();
            peer.stream.end();
            if let Some(session) = peer.session() {
                self.server.free(&session);
            }
        }
    }
}
