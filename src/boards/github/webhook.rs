//! What a webhook of GitHub says of issues: which were touched. They are read anew, so nothing of what it says of them is taken.
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use serde::Deserialize;

use super::wire::{moment, repository_of};
use crate::boards::TouchedTask;

/// Events that are about issues, or about a project's items.
const EVENTS: [&str; 4] = ["issues", "sub_issues", "issue_dependencies", "projects_v2_item"];

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    action: String,
    issue: Option<IssueName>,
    parent_issue: Option<IssueName>,
    sub_issue: Option<IssueName>,
    blocked_issue: Option<IssueName>,
    blocking_issue: Option<IssueName>,
    projects_v2_item: Option<ItemName>,
    repository: Option<RepositoryName>,
}

#[derive(Deserialize)]
struct IssueName {
    node_id: String,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    repository_url: Option<String>,
}

#[derive(Deserialize)]
struct ItemName {
    #[serde(default)]
    content_node_id: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    project_node_id: Option<String>,
}

#[derive(Deserialize)]
struct RepositoryName {
    full_name: String,
}

/// The tasks that an event touched; `None` where it is about none of this repository's issues. `is_project`: whether
/// items of the project with that node id count.
pub(super) fn touched(
    event: &str,
    payload: &[u8],
    is_own: impl Fn(&str) -> bool,
    is_project: impl Fn(Option<&str>) -> bool,
) -> Option<Vec<TouchedTask>> {
    if !EVENTS.contains(&event) {
        return None;
    }
    let payload: Payload = serde_json::from_slice(payload).ok()?;
    if event == "projects_v2_item" {
        let is_it = |item: &ItemName| {
            item.content_type.as_deref() == Some("Issue") && is_project(item.project_node_id.as_deref())
        };
        let item = payload.projects_v2_item.filter(is_it)?;
        return Some(vec![TouchedTask { id: item.content_node_id?, version: 0 }]);
    }
    let sender = payload.repository.map(|repository| repository.full_name);
    let is_whole = event == "issues" && !["deleted", "transferred"].contains(&payload.action.as_str());
    let named = [
        payload.issue,
        payload.parent_issue,
        payload.sub_issue,
        payload.blocked_issue,
        payload.blocking_issue,
    ];
    let here = named.into_iter().flatten().filter(|issue| {
        let place = issue.repository_url.as_deref().and_then(repository_of).or_else(|| sender.clone());
        place.is_some_and(|place| is_own(&place))
    });
    let touched: Vec<_> = here
        .map(|issue| {
            // Of two changes within one second the later one is no older.
            let at = issue.updated_at.as_deref().map(|at| moment(at).0 + 999);
            TouchedTask { id: issue.node_id, version: at.filter(|_| is_whole).unwrap_or_default() }
        })
        .collect();
    (!touched.is_empty()).then_some(touched)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(event: &str, payload: &serde_json::Value) -> Option<Vec<TouchedTask>> {
        touched(event, payload.to_string().as_bytes(), |place| place == "octo/app", |id| id == Some("PVT_1"))
    }

    #[test]
    fn issues_of_this_repository_are_touched_and_nothing_else() {
        let issue = |repo: &str| {
            json!({"node_id": format!("I_{repo}"), "updated_at": "2026-01-01T00:00:00Z",
                "repository_url": format!("https://api.github.com/repos/octo/{repo}")})
        };
        let labeled =
            json!({"action": "labeled", "issue": issue("app"), "repository": {"full_name": "octo/app"}});
        let version = 1_767_225_600_999;
        assert_eq!(of("issues", &labeled), Some(vec![TouchedTask { id: "I_app".into(), version }]));
        assert_eq!(of("issue_comment", &labeled), None);
        let deleted = json!({"action": "deleted", "issue": issue("app")});
        assert_eq!(of("issues", &deleted), Some(vec![TouchedTask { id: "I_app".into(), version: 0 }]));
        assert_eq!(of("issues", &json!({"issue": issue("other")})), None);
        let waits = json!({"blocked_issue": issue("app"), "blocking_issue": issue("other")});
        assert_eq!(of("issue_dependencies", &waits).unwrap().len(), 1);
        let item = json!({"projects_v2_item": {"content_node_id": "I_x", "content_type": "Issue", "project_node_id": "PVT_1"}});
        assert_eq!(of("projects_v2_item", &item), Some(vec![TouchedTask { id: "I_x".into(), version: 0 }]));
        let draft = json!({"projects_v2_item": {"content_node_id": "DI_x", "content_type": "DraftIssue", "project_node_id": "PVT_1"}});
        assert_eq!(of("projects_v2_item", &draft), None);
        let elsewhere = json!({"projects_v2_item": {"content_node_id": "I_x", "content_type": "Issue", "project_node_id": "PVT_2"}});
        assert_eq!(of("projects_v2_item", &elsewhere), None);
        assert_eq!(touched("issues", b"[", |_| true, |_| true), None);
    }
}
