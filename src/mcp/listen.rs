//! `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions): a stream of the changes a client asked for.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Fault, ListChange,
    call::Call,
    encode::{ResultBody, ResultKind, to_json},
    envelope::Members,
    hub::Listener,
};

/// Resources of one listener.
const MAX_SUBSCRIPTIONS: usize = 64;

/// What a listener wants to hear of.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tools_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompts_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resources_list_changed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resource_subscriptions: Vec<String>,
}

impl Filter {
    pub(super) fn read(params: &Members<'_>) -> Result<Self, Fault> {
        let raw =
            params.get("notifications").ok_or_else(|| Fault::params("notifications: expected an object"))?;
        let filter: Self =
            serde_json::from_str(raw).map_err(|error| Fault::params(format!("notifications: {error}")))?;
        if filter.resource_subscriptions.len() > MAX_SUBSCRIPTIONS {
            return Err(Fault::params("notifications.resourceSubscriptions: expected at most 64"));
        }
        Ok(filter)
    }

    pub(super) const fn wants(&self, change: ListChange) -> bool {
        match change {
            ListChange::Tools => self.tools_list_changed,
            ListChange::Prompts => self.prompts_list_changed,
            ListChange::Resources => self.resources_list_changed,
        }
    }
}

impl Call {
    /// Acknowledges, then sends what the filter lets through until the client goes or the gateway stops.
    pub(super) async fn listen(&self, mut filter: Filter) -> ResultBody {
        filter.resource_subscriptions.retain(|uri| self.server.offer.resources.knows(uri));
        let subscription: Value = serde_json::from_str(&self.id).unwrap_or_default();
        let acknowledged = json!({"notifications": filter});
        let listener = Listener {
            workspace: self.inbound.principal.workspace.clone(),
            filter,
            stream: self.inbound.stream.clone(),
            subscription: subscription.clone(),
        };
        listener.send("notifications/subscriptions/acknowledged", acknowledged);
        let _listening = self.server.parts.hub.listen(listener);
        tokio::select! {
            () = self.inbound.cancel.cancelled() => {}
            () = self.server.parts.lifecycle.soft().cancelled() => {}
        }
        let meta = json!({
            "io.modelcontextprotocol/subscriptionId": subscription,
            "io.modelcontextprotocol/serverInfo": self.server.offer.info(),
        });
        let body = json!({"resultType": "complete", "_meta": meta});
        ResultBody { json: to_json(&body), kind: ResultKind::SelfDescribed }
    }
}
