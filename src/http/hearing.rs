//! What other gateways on the store ask of this one's edge: to take a post for a legacy stream that is open here, to tell what is
//! open, to end it.

use std::sync::Arc;

use axum::{body::to_bytes, http::HeaderValue, response::IntoResponse};
use bytes::Bytes;

use super::{
    error::Refusal,
    extract::Caller,
    service::sessions::end_here,
    state::{AppState, EdgeQuestion, LegacyPost, LegacyWord, RequestInfo, packed, unpacked},
    transport::{Observed, legacy_sse},
};
use crate::{
    log_context,
    model::{KeyHashes, RequestId},
};

/// Longest answer to a post: a refusal, or nothing.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Answers another gateway; nothing to words that are not for the edge.
pub async fn hear(state: &AppState, words: &Bytes) -> Option<Bytes> {
    let (question, body) = unpacked(words)?;
    Some(match question {
        EdgeQuestion::Post(post) => take(state, post, body).await,
        EdgeQuestion::List(whose) => packed(&state.open_here(&whose), &[]),
        EdgeQuestion::End(id, whose) => {
            let ended = end_here(state, &id, &whose).await;
            packed(&ended.is_ok(), &[])
        }
    })
}

/// Takes a post; its answer is what the client is told.
async fn take(state: &AppState, post: LegacyPost, body: Bytes) -> Bytes {
    let id = RequestId::accept(Some(post.request_id.as_bytes()), state.clock.now());
    let info = Arc::new(RequestInfo::new(id, post.client_address));
    let taken = async {
        let (current, old) = post.key;
        let credential = state.authenticator.vouched(KeyHashes { current, old }).await?;
        let credential = credential.ok_or_else(Refusal::stream_not_found)?;
        let client = post.client.as_deref().and_then(|name| HeaderValue::from_str(name).ok());
        let caller = Caller::shown_elsewhere(credential, &info, client);
        legacy_sse::take(state, &caller, &post.session_id, &body).await
    };
    let taken = log_context::within(info.clone(), taken).await;
    let response = taken.unwrap_or_else(IntoResponse::into_response);
    let is_observed = response.extensions().get::<Observed>().is_some();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), MOST_ANSWER_BYTES).await.unwrap_or_default();
    packed(&LegacyWord { status, is_observed }, &body)
}
