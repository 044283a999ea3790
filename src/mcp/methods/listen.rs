//! `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): a stream of the changes a client asked for.

use std::sync::Arc;

use futures_util::{StreamExt, future, stream};
use serde_json::{Value, json};

use super::params::Params;
use crate::mcp::{
    call::Call,
    jsonrpc::{FaultKind, JsonRpcResponse, ProtocolFault, ResultBody, ResultKind, to_json},
    notify::{Subscriber, SubscriptionFilter},
    server::Reply,
};

/// Resources about which others are asked at once.
const AT_ONCE: usize = 8;

pub(super) fn start(call: Call, params: &Params<'_>) -> Reply {
    if call.context.stream.is_muted() {
        let text = "subscriptions/listen is answered with events: accept text/event-stream";
        return call.ready(Err(ProtocolFault::new(FaultKind::InvalidRequest, text)));
    }
    match SubscriptionFilter::read(params.members) {
        Ok(filter) => call.pending(|call| run(call, filter)),
        Err(fault) => call.ready(Err(fault)),
    }
}

/// Keeps of the filter what the caller may watch.
async fn keep_permitted(call: &Call, filter: &mut SubscriptionFilter) {
    let (parts, principal) = (&call.server.parts, &call.context.principal);
    let asked = std::mem::take(&mut filter.resource_subscriptions).into_iter().map(async |uri| {
        call.server.features.resources.may_watch(principal, &uri).await.ok()?;
        parts.subscriptions.is_right(principal, &uri);
        Some(uri)
    });
    let permitted = stream::iter(asked).buffered(AT_ONCE).filter_map(future::ready);
    filter.resource_subscriptions = permitted.collect().await;
}

/// Acknowledges, then sends what the filter lets through until the client goes or the gateway stops.
async fn run(call: Arc<Call>, mut filter: SubscriptionFilter) -> JsonRpcResponse {
    keep_permitted(&call, &mut filter).await;
    let subscription: Value = serde_json::from_str(&call.id).unwrap_or_default();
    let acknowledged = json!({"notifications": filter});
    let subscriber = Subscriber {
        principal: Arc::clone(&call.context.principal),
        filter,
        stream: call.context.stream.clone(),
        subscription: subscription.clone(),
    };
    subscriber.send("notifications/subscriptions/acknowledged", acknowledged);
    let _subscription = call.server.parts.subscriptions.subscribe(subscriber);
    tokio::select! {
        () = call.context.cancel.cancelled() => {}
        () = call.server.parts.lifecycle.soft().cancelled() => {}
    }
    let meta = json!({
        "io.modelcontextprotocol/subscriptionId": subscription,
        "io.modelcontextprotocol/serverInfo": call.server.features.info(),
    });
    let body = json!({"resultType": "complete", "_meta": meta});
    call.finish(Ok(ResultBody { json: to_json(&body), kind: ResultKind::SelfDescribed }), None)
}
