//! What the comments below issues say of claims, for a gateway that has no record of them. Only what a gateway with the same
//! secret key signed counts.

use serde::Deserialize;
use serde_json::json;

use super::{GithubBoard, MARKS, wire::FoundNode};
use crate::{
    github::{GithubError, Urgency},
    model::{ClaimMark, ToldClaim},
};

const ISSUE_COMMENTS: &str = include_str!("queries/issue_comments.graphql");
/// Pages of 100 comments that are looked through for a mark, newest first.
const MOST_PAGES: usize = 5;

#[derive(Deserialize)]
struct IssueWithComments {
    comments: CommentPage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentPage {
    page_info: PreviousPage,
    nodes: Vec<Option<CommentBody>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreviousPage {
    has_previous_page: bool,
    start_cursor: Option<String>,
}

#[derive(Deserialize)]
struct CommentBody {
    body: String,
}

impl GithubBoard {
    /// The claim on that issue that comments tell of.
    pub(super) async fn told(&self, id: &str) -> Result<Option<ToldClaim>, GithubError> {
        let mut before = None;
        for _ in 0..MOST_PAGES {
            let ask = self.api.ask(Urgency::Background);
            let variables = json!({"issue": id, "before": before});
            let found =
                self.api.github.query::<FoundNode<IssueWithComments>>(&ask, ISSUE_COMMENTS, &variables);
            let issue = match found.await {
                Err(GithubError::NotFound) => return Ok(None),
                found => found?.node,
            };
            let Some(CommentPage { page_info, nodes }) = issue.map(|issue| issue.comments) else {
                return Ok(None);
            };
            let texts = nodes.iter().flatten().map(|comment| comment.body.as_str());
            let marked = texts.filter_map(|text| MARKS.read(&self.mark_key, id, text));
            if let Some((mark, text)) = ClaimMark::newest(marked, |(mark, _)| mark) {
                return Ok(Some(ToldClaim { task_id: id.to_owned(), mark, text: text.to_owned() }));
            }
            before = page_info.start_cursor.filter(|_| page_info.has_previous_page);
            if before.is_none() {
                break;
            }
        }
        Ok(None)
    }
}
