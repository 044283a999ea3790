//! `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): a stream of the changes a client asked for.

use serde_json::{Value, json};

use crate::mcp::{
    call::Call,
    jsonrpc::{ResultBody, ResultKind, to_json},
    notify::{Subscriber, SubscriptionFilter},
};

impl Call {
    /// Acknowledges, then sends what the filter lets through until the client goes or the gateway stops.
    pub(super) async fn listen(&self, mut filter: SubscriptionFilter) -> ResultBody {
        let (resources, principal) = (&self.server.features.resources, &self.context.principal);
        filter.resource_subscriptions.retain(|uri| resources.may_watch(principal, uri).is_ok());
        let subscription: Value = serde_json::from_str(&self.id).unwrap_or_default();
        let acknowledged = json!({"notifications": filter});
        let subscriber = Subscriber {
            workspace: self.context.principal.workspace.clone(),
            filter,
            stream: self.context.stream.clone(),
            subscription: subscription.clone(),
        };
        subscriber.send("notifications/subscriptions/acknowledged", acknowledged);
        let _subscription = self.server.parts.subscriptions.subscribe(subscriber);
        tokio::select! {
            () = self.context.cancel.cancelled() => {}
            () = self.server.parts.lifecycle.soft().cancelled() => {}
        }
        let meta = json!({
            "io.modelcontextprotocol/subscriptionId": subscription,
            "io.modelcontextprotocol/serverInfo": self.server.features.info(),
        });
        let body = json!({"resultType": "complete", "_meta": meta});
        ResultBody { json: to_json(&body), kind: ResultKind::SelfDescribed }
    }
}
