//! What was said as JSON: an item each, with the members of the server before this one first and under its rules (`unknown`
//! for a missing author or path, line 0 for none, no `null`), and what that server left out after them.

use serde::Serialize;

use crate::reviews::discussion::{Remark, RemarkKind, ReviewComment, ReviewThread, Written};

/// What stands for a name that is not there.
pub(super) const UNKNOWN: &str = "unknown";

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    user: Author<'a>,
    path: &'a str,
    line: u64,
    body: &'a str,
    diff_hunk: &'a str,
    is_resolved: bool,
    is_outdated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<&'a str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<&'a str>,
    author_association: &'a str,
    url: &'a str,
    created_at: &'a str,
    updated_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_start_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_type: Option<&'a str>,
    is_minimized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimized_reason: Option<&'a str>,
    pending: bool,
}

#[derive(Serialize)]
struct Author<'a> {
    login: &'a str,
}

/// A comment of a thread as a JSON object.
pub(super) fn comment_json(thread: &ReviewThread, comment: &ReviewComment) -> String {
    written(&Item {
        path: if thread.path.trim().is_empty() { UNKNOWN } else { &thread.path },
        line: thread.line.unwrap_or(0),
        diff_hunk: &comment.diff_hunk,
        is_resolved: thread.is_resolved,
        is_outdated: thread.is_outdated,
        resolved_by: thread.resolved_by.as_deref(),
        thread_id: Some(&thread.id),
        in_reply_to: comment.in_reply_to.as_deref(),
        start_line: thread.start_line,
        original_line: thread.original_line,
        original_start_line: thread.original_start_line,
        side: thread.side.as_deref(),
        subject_type: thread.subject_type.as_deref(),
        ..bare("review_comment", &comment.written)
    })
}

/// A remark as a JSON object.
pub(super) fn remark_json(remark: &Remark) -> String {
    match &remark.kind {
        RemarkKind::Review { state } => {
            written(&Item { state: Some(state), ..bare("review", &remark.written) })
        }
        RemarkKind::Conversation => written(&bare("conversation", &remark.written)),
    }
}

fn bare<'a>(kind: &'static str, text: &'a Written) -> Item<'a> {
    Item {
        id: &text.id,
        user: Author { login: text.author.as_deref().unwrap_or(UNKNOWN) },
        path: UNKNOWN,
        line: 0,
        body: &text.body,
        diff_hunk: "",
        is_resolved: false,
        is_outdated: false,
        resolved_by: None,
        kind,
        state: None,
        thread_id: None,
        rest_id: text.rest_id,
        in_reply_to: None,
        author_association: &text.association,
        url: &text.url,
        created_at: &text.created_at,
        updated_at: &text.updated_at,
        start_line: None,
        original_line: None,
        original_start_line: None,
        side: None,
        subject_type: None,
        is_minimized: text.minimized.is_some(),
        minimized_reason: text.minimized.as_deref().filter(|reason| !reason.is_empty()),
        pending: text.pending,
    }
}

fn written(item: &Item<'_>) -> String {
    serde_json::to_string(item).expect("an item is plain JSON")
}
