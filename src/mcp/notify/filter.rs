//! What a subscriber wants to hear of (2026-07-28, `SubscriptionFilter`).

use serde::Serialize;

use crate::mcp::jsonrpc::{Members, ProtocolFault};

/// Which list changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListChange {
    /// The tools.
    Tools,
    /// The prompts.
    Prompts,
    /// The resources.
    Resources,
}

impl ListChange {
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
        }
    }
}

/// Resources of one subscriber.
const MAX_SUBSCRIPTIONS: usize = 64;

/// What a subscriber wants to hear of.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionFilter {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tools_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompts_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resources_list_changed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_subscriptions: Vec<String>,
}

impl SubscriptionFilter {
    pub(crate) fn read(params: &Members<'_>) -> Result<Self, ProtocolFault> {
        let raw = params.get("notifications").filter(|raw| raw.starts_with('{'));
        let raw = raw.ok_or_else(|| ProtocolFault::params("notifications: expected an object"))?;
        let wanted = Members::parse(raw, "notifications")?;
        let flag = |name: &str| {
            let expected = || ProtocolFault::params(format!("notifications.{name}: expected true or false"));
            wanted.flag(name).ok_or_else(expected)
        };
        let uris = wanted.get("resourceSubscriptions").map(serde_json::from_str).transpose();
        let expected = "notifications.resourceSubscriptions: expected a list of texts";
        let filter = Self {
            tools_list_changed: flag("toolsListChanged")?,
            prompts_list_changed: flag("promptsListChanged")?,
            resources_list_changed: flag("resourcesListChanged")?,
            resource_subscriptions: uris.map_err(|_| ProtocolFault::params(expected))?.unwrap_or_default(),
        };
        if filter.resource_subscriptions.len() > MAX_SUBSCRIPTIONS {
            return Err(ProtocolFault::params("notifications.resourceSubscriptions: expected at most 64"));
        }
        Ok(filter)
    }

    pub(crate) const fn wants(&self, change: ListChange) -> bool {
        match change {
            ListChange::Tools => self.tools_list_changed,
            ListChange::Prompts => self.prompts_list_changed,
            ListChange::Resources => self.resources_list_changed,
        }
    }
}
