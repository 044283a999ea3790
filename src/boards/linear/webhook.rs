//! What a webhook of Linear says of issues: which were touched. They are read anew, so nothing of what it says of them is taken.
//! <https://linear.app/developers/webhooks>

use serde::Deserialize;

use super::{book::LinearBook, issue::moment};
use crate::boards::TouchedTask;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangePayload {
    #[serde(default)]
    action: String,
    #[serde(default)]
    organization_id: Option<String>,
    data: ChangedData,
    /// Values of before, where something was changed.
    #[serde(default)]
    updated_from: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedData {
    id: String,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    archived_at: Option<String>,
    #[serde(default)]
    team_id: Option<String>,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    issue_id: Option<String>,
    #[serde(default)]
    related_issue_id: Option<String>,
}

/// The tasks that an event touched; `None` where it is about none of this board's. `event`: the payload's `type`.
pub(super) fn touched(event: &str, payload: &[u8], book: &LinearBook) -> Option<Vec<TouchedTask>> {
    if !["Issue", "IssueLabel", "IssueRelation"].contains(&event) {
        return None;
    }
    let payload: ChangePayload = serde_json::from_slice(payload).ok()?;
    let is_other =
        |known: Option<&str>, said: Option<&str>| known.zip(said).is_some_and(|(known, said)| known != said);
    let frame = book.frame.as_ref();
    if is_other(frame.map(|frame| frame.organization.as_str()), payload.organization_id.as_deref()) {
        return None;
    }
    let unsaid = |id: String| TouchedTask { id, version: 0 };
    let touched: Vec<_> = match event {
        "IssueLabel" => book.labelled(&payload.data.id).into_iter().map(unsaid).collect(),
        "IssueRelation" => {
            let ends = [payload.data.issue_id, payload.data.related_issue_id].into_iter().flatten();
            ends.filter(|id| book.issue(id).is_some()).map(unsaid).collect()
        }
        _ => {
            let is_elsewhere =
                is_other(frame.map(|frame| frame.team.as_str()), payload.data.team_id.as_deref());
            if is_elsewhere && book.issue(&payload.data.id).is_none() {
                return None;
            }
            of_issue(payload, is_elsewhere)
        }
    };
    (!touched.is_empty()).then_some(touched)
}

/// An issue, and what it is a part of if that has changed.
fn of_issue(payload: ChangePayload, is_elsewhere: bool) -> Vec<TouchedTask> {
    let ChangePayload { action, data, updated_from, .. } = payload;
    let parent_before = updated_from.as_ref().and_then(|before| before.get("parentId"));
    let has_new_parent = action != "update" || parent_before.is_some();
    let parents =
        parent_before.and_then(|id| id.as_str().map(str::to_owned)).into_iter().chain(data.parent_id);
    let parents: Vec<_> = parents.filter(|_| has_new_parent).collect();
    let is_whole = action != "remove" && data.archived_at.is_none() && !is_elsewhere;
    let at = data.updated_at.as_deref().map(|at| moment(at).0).filter(|_| is_whole);
    let issue = TouchedTask { id: data.id, version: at.unwrap_or_default() };
    [issue].into_iter().chain(parents.into_iter().map(|id| TouchedTask { id, version: 0 })).collect()
}
