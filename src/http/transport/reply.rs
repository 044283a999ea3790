//! From what a message came to, to a response: JSON when the answer is all there is, events when messages precede it
//! or it takes long.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    accept::Accepts,
    sse::{self, Opening},
};
use crate::{
    http::{
        error::Refusal,
        extract::Caller,
        state::{AppState, ProtocolInfo},
    },
    mcp::{
        FaultKind, JsonRpcResponse, JsonText, ProtocolFault, Revision, Session, Stream, StreamKind,
        StreamReader,
    },
    model::{Era, Transport},
    telemetry::metrics::count_refusal,
};

/// How long an answer may take before the head is sent, so that no proxy gives up on a silent connection.
const SILENCE: Duration = Duration::from_secs(2);

/// Marks a response whose call was already observed.
#[derive(Clone, Copy)]
pub struct Observed;

/// A response that comes when its call is done.
pub struct PendingReply<'a> {
    pub state: &'a AppState,
    pub caller: &'a Caller,
    pub stream: Arc<Stream>,
    pub cancel: CancellationToken,
    /// `None` in 2026-07-28, where a lost connection cancels the call.
    pub session: Option<&'a Session>,
    pub accepts: Accepts,
}

/// Where a running call's answer goes.
#[derive(Default)]
struct Finish {
    state: Mutex<FinishState>,
    done: Notify,
}

#[derive(Default)]
enum FinishState {
    #[default]
    Running,
    Done(Option<JsonRpcResponse>),
    Streaming,
}

/// A response of nothing but the answer, in a form the client accepts. What the HTTP status says is wrong stays JSON.
pub fn whole(answer: JsonRpcResponse, era: Era, accepts: Accepts) -> Response {
    let status = match answer.fault {
        Some(FaultKind::MethodNotFound) if era == Era::Stateless => StatusCode::NOT_FOUND,
        Some(
            FaultKind::Parse
            | FaultKind::InvalidRequest
            | FaultKind::InvalidMeta
            | FaultKind::HeaderMismatch
            | FaultKind::MissingCapability
            | FaultKind::UnsupportedVersion,
        ) => StatusCode::BAD_REQUEST,
        None
        | Some(
            FaultKind::MethodNotFound
            | FaultKind::InvalidParams
            | FaultKind::ResourceNotFound
            | FaultKind::Internal,
        ) => StatusCode::OK,
    };
    let mut response = if accepts == Accepts::Events && status == StatusCode::OK {
        sse::one(&answer.body.whole())
    } else {
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (status, content_type, whole_body(answer.body)).into_response()
    };
    if answer.observed {
        response.extensions_mut().insert(Observed);
    } else {
        count_unread(answer.fault);
    }
    response
}

/// Counts what is wrong with a message that never became a call.
pub fn count_unread(fault: Option<FaultKind>) {
    if let Some(kind) = fault {
        count_refusal(kind.code());
    }
}

fn whole_body(text: JsonText) -> Body {
    match text {
        JsonText::One(text) => Body::from(text),
        JsonText::Pieces(pieces) => {
            Body::from_stream(futures_util::stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)))
        }
    }
}

/// The refusal of bytes that are no message: a bare 400 to a notification, which gets no answer.
pub fn refused(fault: &ProtocolFault) -> Response {
    let refusal = JsonRpcResponse::refusal(fault);
    // No fault of an unread message has a status of its own in one era.
    refusal.map_or_else(
        || StatusCode::BAD_REQUEST.into_response(),
        |refusal| whole(refusal, Era::Sessions, Accepts::Json),
    )
}

/// A response without a body: taken, nothing to answer.
pub fn accepted() -> Response {
    StatusCode::ACCEPTED.into_response()
}

impl PendingReply<'_> {
    /// Answers with what `running` comes to. A call that is ready when first polled never pays for a task.
    pub async fn respond(
        self,
        mut running: BoxFuture<'static, Option<JsonRpcResponse>>,
    ) -> Result<Response, Refusal> {
        let reader = self.stream.attach();
        let first = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let nothing_sent = reader.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending();
        let json_alone = self.accepts == Accepts::Json;
        let first = match first {
            Poll::Ready(answer) if nothing_sent || json_alone => return Ok(self.alone(answer)),
            later => later,
        };
        let finish = Arc::new(Finish::default());
        match first {
            Poll::Ready(answer) => finish.settle(answer, &self.stream),
            Poll::Pending => self.spawn(running, &finish),
        }
        let guard = (self.era() == Era::Stateless).then(|| self.cancel.clone().drop_guard());
        tokio::select! {
            biased;
            () = std::future::poll_fn(|context| reader.poll_ready(context)), if !json_alone => {}
            () = finish.done.notified() => {}
            () = tokio::time::sleep(SILENCE), if !json_alone => {}
        }
        if nothing_sent && let Some(response) = finish.take_quiet(&reader, &self) {
            if let Some(guard) = guard {
                guard.disarm();
            }
            return Ok(response);
        }
        let opening = self.opening();
        finish.stream_from_now(&self.stream);
        let permit = self.state.stream_place(&self.caller.credential.principal.key_id)?;
        let whose = (&self.caller.credential, &self.state.authenticator);
        let mut response = sse::respond(reader, opening, whose, Box::new((guard, permit)));
        response.extensions_mut().insert(Observed);
        Ok(response)
    }

    fn era(&self) -> Era {
        if self.session.is_none() { Era::Stateless } else { Era::Sessions }
    }

    fn alone(&self, answer: Option<JsonRpcResponse>) -> Response {
        answer.map_or_else(accepted, |answer| whole(answer, self.era(), self.accepts))
    }

    fn spawn(&self, running: BoxFuture<'static, Option<JsonRpcResponse>>, finish: &Arc<Finish>) {
        let (finish, stream) = (Arc::clone(finish), Arc::clone(&self.stream));
        let protocol = ProtocolInfo {
            transport: Transport::StreamableHttp,
            era: self.era(),
            opened_at: self.state.clock.store_now(),
        };
        let open = self.state.open_exchanges.call(self.caller.opener(), protocol, &self.cancel);
        self.state.lifecycle.spawn(async move {
            let answer = running.await;
            finish.settle(answer, &stream);
            drop(open);
        });
    }

    fn opening(&self) -> Opening {
        match self.session {
            None => Opening::Plain,
            Some(session) => {
                let streams = self.state.server.streams();
                let now = self.state.clock.store_now();
                let ids = streams.keep(&session.digest, &self.stream, StreamKind::Answer, now);
                let prime = session.revision >= Revision::V2025_11_25;
                Opening::Resumable { ids, prime, retry: true }
            }
        }
    }
}

impl Finish {
    fn settle(&self, answer: Option<JsonRpcResponse>, stream: &Stream) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, FinishState::Streaming) {
            if let Some(answer) = answer {
                stream.push(answer.body.whole());
            }
            stream.end();
            return;
        }
        *state = FinishState::Done(answer);
        self.done.notify_one();
    }

    /// The response, if the answer is there and nothing was sent before it.
    fn take_quiet(&self, reader: &StreamReader, call: &PendingReply<'_>) -> Option<Response> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = reader.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending();
        match std::mem::take(&mut *state) {
            FinishState::Done(answer) if quiet => Some(call.alone(answer)),
            other => {
                *state = other;
                None
            }
        }
    }

    fn stream_from_now(&self, stream: &Stream) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let FinishState::Done(answer) = std::mem::replace(&mut *state, FinishState::Streaming) {
            if let Some(answer) = answer {
                stream.push(answer.body.whole());
            }
            stream.end();
        }
    }
}
