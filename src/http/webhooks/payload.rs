//! What a webhook of GitHub says: whether it may be about a pull request or a task, and which pull request that is. Which task, the
//! board says. All else in it is not looked at.

use std::borrow::Cow;

use serde::Deserialize;

use super::signed_delivery::Encoding;

/// Events after which the reviews of a pull request may read otherwise.
const OF_PULL_REQUESTS: [&str; 5] = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "issue_comment",
];

/// Events after which a task may read otherwise. What is said about an issue changes nothing of it.
const OF_TASKS: [&str; 4] = ["issues", "sub_issues", "issue_dependencies", "projects_v2_item"];

/// The event's name, if it may be about a pull request.
pub(super) fn of_pull_requests(event: &str) -> Option<&'static str> {
    OF_PULL_REQUESTS.into_iter().find(|known| *known == event)
}

/// Whether it may be about a task.
pub(super) fn is_of_tasks(event: &str) -> bool {
    OF_TASKS.contains(&event)
}

#[derive(Deserialize)]
struct WebhookPayload<'a> {
    #[serde(borrow)]
    pull_request: Option<PullRequestLink<'a>>,
    #[serde(borrow)]
    issue: Option<CommentedIssue<'a>>,
}

#[derive(Deserialize)]
struct PullRequestLink<'a> {
    #[serde(borrow)]
    html_url: Cow<'a, str>,
}

#[derive(Deserialize)]
struct CommentedIssue<'a> {
    /// Only of issues that are pull requests.
    #[serde(borrow)]
    pull_request: Option<PullRequestLink<'a>>,
}

/// A body that is no webhook of GitHub.
#[derive(Debug)]
pub(super) struct UnreadablePayload;

/// The JSON in a body.
pub(super) fn json(encoding: Encoding, body: &[u8]) -> Result<Cow<'_, [u8]>, UnreadablePayload> {
    match encoding {
        Encoding::Json => Ok(Cow::Borrowed(body)),
        Encoding::Form => {
            let mut fields = url::form_urlencoded::parse(body);
            let (_, payload) = fields.find(|(name, _)| name == "payload").ok_or(UnreadablePayload)?;
            Ok(payload.into_owned().into_bytes().into())
        }
    }
}

/// The URL of the pull request that some JSON is about, if it is about one.
pub(super) fn pull_request_url(json: &[u8]) -> Result<Option<String>, UnreadablePayload> {
    let payload: WebhookPayload<'_> = serde_json::from_slice(json).map_err(|_| UnreadablePayload)?;
    let page = payload.pull_request.or(payload.issue.and_then(|issue| issue.pull_request));
    Ok(page.map(|page| page.html_url.into_owned()))
}

/// The URL in a body, if there is one, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub fn webhook_url(is_form: bool, body: &[u8]) -> Option<String> {
    let encoding = if is_form { Encoding::Form } else { Encoding::Json };
    pull_request_url(&json(encoding, body).ok()?).ok()?
}
