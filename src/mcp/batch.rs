//! Several messages in one (2025-03-26 only). They are begun in order, a few at a time, so that however many there are,
//! what they are answered with stays within bounds.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};

use super::{
    context::RequestContext,
    server::{Reply, Server},
};
use crate::{
    mcp::{
        jsonrpc::{Batch, FaultKind, JsonRpcResponse, JsonText, Message, ProtocolFault},
        session::{Session, Stream},
    },
    model::{Causes, Transport},
};

/// Messages of one batch that are answered at the same time.
const AT_ONCE: usize = 8;
/// Bytes of answers after which no other message of a batch is begun.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The messages of a batch.
pub(super) struct Messages(Vec<Bytes>);

impl Messages {
    /// Those of a batch that was read from `body`.
    pub(super) fn of(batch: &Batch<'_>, body: &Bytes) -> Self {
        Self(batch.iter().map(|raw| body.slice_ref(raw.get().as_bytes())).collect())
    }
}

type Numbered = BoxFuture<'static, (usize, Option<JsonRpcResponse>)>;

/// Where answers go.
enum Destination {
    /// They are put together, by the numbers of their messages.
    Together(Vec<(usize, Bytes)>),
    /// One by one, as fast as the stream is read.
    Streamed(Arc<Stream>),
}

/// What is answered so far.
struct BatchResponses {
    answers: Destination,
    bytes: usize,
}

impl BatchResponses {
    async fn take(&mut self, (number, answer): (usize, Option<JsonRpcResponse>)) {
        let Some(answer) = answer else { return };
        let text = answer.body.whole();
        self.bytes += text.len();
        match &mut self.answers {
            Destination::Together(answers) => answers.push((number, text)),
            Destination::Streamed(stream) => {
                stream.room_soon().await;
                stream.push(text);
            }
        }
    }
}

impl Server {
    /// Begins a batch: over HTTP its answers come as one, elsewhere each goes to the call's own stream.
    pub(super) fn batch(
        self: &Arc<Self>,
        context: RequestContext,
        session: Arc<Session>,
        messages: Messages,
    ) -> Reply {
        let server = Arc::clone(self);
        if context.transport == Transport::StreamableHttp {
            return Reply::Pending(Box::pin(server.answer_batch(context, session, messages)));
        }
        Reply::Pending(Box::pin(async move {
            server.stream_batch(context, session, messages).await;
            None
        }))
    }

    /// All the answers to a batch as one, in the order of its messages; `None` if there is nothing to answer.
    async fn answer_batch(
        self: Arc<Self>,
        context: RequestContext,
        session: Arc<Session>,
        messages: Messages,
    ) -> Option<JsonRpcResponse> {
        let to = Destination::Together(Vec::new());
        let Destination::Together(mut answers) = self.handle_batch(context, session, messages, to).await
        else {
            return None;
        };
        answers.sort_unstable_by_key(|(number, _)| *number);
        let body = JsonText::joined(answers.into_iter().map(|(_, answer)| answer))?;
        Some(JsonRpcResponse { body, fault: None, observed: true })
    }

    /// Handles a batch whose answers go to the call's own stream.
    async fn stream_batch(
        self: Arc<Self>,
        context: RequestContext,
        session: Arc<Session>,
        messages: Messages,
    ) {
        let to = Destination::Streamed(Arc::clone(&context.stream));
        self.handle_batch(context, session, messages, to).await;
    }

    async fn handle_batch(
        self: Arc<Self>,
        context: RequestContext,
        session: Arc<Session>,
        Messages(messages): Messages,
        answers: Destination,
    ) -> Destination {
        let mut answered = BatchResponses { answers, bytes: 0 };
        let mut running = FuturesUnordered::<Numbered>::new();
        for (number, message) in messages.into_iter().enumerate() {
            if running.len() >= AT_ONCE
                && let Some(done) = running.next().await
            {
                answered.take(done).await;
            }
            let is_full = answered.bytes >= MAX_ANSWER_BYTES;
            match self.begin(&context, &session, &message, is_full) {
                Reply::None => {}
                Reply::Ready(answer) | Reply::Initialized(answer, _) => {
                    answered.take((number, Some(answer))).await;
                }
                Reply::Elsewhere(heard) => running.push(Box::pin(async move {
                    if let Err(error) = heard.await {
                        tracing::warn!(error = %Causes(&error), "another gateway did not hear what a batch has for it");
                    }
                    (number, None)
                })),
                Reply::Pending(call) => {
                    running.push(Box::pin(async move { (number, call.await) }));
                    // What is ready at once is counted before the next begins.
                    while let Some(Some(done)) = running.next().now_or_never() {
                        answered.take(done).await;
                    }
                }
            }
        }
        while let Some(done) = running.next().await {
            answered.take(done).await;
        }
        answered.answers
    }

    fn begin(
        self: &Arc<Self>,
        context: &RequestContext,
        session: &Arc<Session>,
        message: &Bytes,
        is_full: bool,
    ) -> Reply {
        let text = std::str::from_utf8(message).expect("a batch was read as text");
        let fault = match Message::parse(text) {
            Err(fault) => fault,
            Ok(Message::Request(request)) if is_full => {
                let text = "the answers to this batch are over 4 MiB: send this message alone";
                ProtocolFault::new(FaultKind::InvalidRequest, text).about(Some(request.id))
            }
            Ok(parsed) => {
                let context = RequestContext { cancel: context.cancel.child_token(), ..context.clone() };
                return self.in_session(context, Some(Arc::clone(session)), message, parsed);
            }
        };
        JsonRpcResponse::refusal(&fault).map_or(Reply::None, Reply::Ready)
    }
}
