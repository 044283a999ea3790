//! The requests about one repository's issues. Reading is nobody's hurry and leaves the last of the hour's budget to people; a
//! write goes out once.
//! <https://docs.github.com/en/rest/issues>

use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::wire::{CommentJson, FoundNode, IssueJson, LabelJson, NodeJson, RepoJson};
use crate::github::{Ask, Credential, Github, GithubError, ListPage, NextPage, Urgency};

/// For one request, with what is tried again.
const ONE_REQUEST: Duration = Duration::from_secs(10);
const PER_PAGE: &str = "100";
const ISSUE_NUMBER: &str = include_str!("queries/issue_number.graphql");
/// Comments that are looked through for one of ours.
const MOST_COMMENTS: usize = 1_000;
const MOST_LABELS: usize = 1_000;
const MOST_BLOCKERS: usize = 200;

/// The repository whose issues are the tasks, and as whom it is asked.
#[derive(Clone)]
pub(super) struct IssuesApi {
    pub(super) github: Github,
    pub(super) credential: Credential,
    pub(super) owner: String,
    pub(super) repo: String,
}

/// What an issue is made with.
#[derive(Debug, Serialize)]
pub(super) struct NewIssue<'a> {
    pub(super) title: &'a str,
    pub(super) body: &'a str,
    pub(super) labels: &'a [String],
}

#[derive(Deserialize)]
struct IssuePlace {
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    repository: Option<NodeJson>,
}

impl IssuesApi {
    /// A call that has 10 s from now.
    pub(super) fn ask(&self, urgency: Urgency) -> Ask<'_> {
        Ask { credential: &self.credential, deadline: Instant::now() + ONE_REQUEST, retries: 2, urgency }
    }

    fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let mut path = vec!["repos", self.owner.as_str(), self.repo.as_str()];
        path.extend_from_slice(rest);
        path
    }

    async fn get<T: DeserializeOwned>(&self, urgency: Urgency, rest: &[&str]) -> Result<T, GithubError> {
        self.github.get(&self.ask(urgency), &self.path(rest), &[]).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        rest: &[&str],
        body: &impl Serialize,
    ) -> Result<T, GithubError> {
        self.github.write(&self.ask(Urgency::Person), method, &self.path(rest), body).await
    }

    pub(super) async fn repo(&self) -> Result<RepoJson, GithubError> {
        self.get(Urgency::Background, &[]).await
    }

    /// Names of the repository's labels.
    pub(super) async fn labels(&self) -> Result<Vec<String>, GithubError> {
        let ask = self.ask(Urgency::Background);
        let query = [("per_page", PER_PAGE)];
        let (labels, _) =
            self.github.list::<LabelJson>(&ask, &self.path(&["labels"]), &query, MOST_LABELS).await?;
        Ok(labels.iter().map(|label| label.name().to_owned()).collect())
    }

    /// The first page of a list of issues; pull requests are among them.
    pub(super) async fn issues(&self, query: &[(&str, &str)]) -> Result<ListPage<IssueJson>, GithubError> {
        let query: Vec<_> = query.iter().copied().chain([("per_page", PER_PAGE)]).collect();
        self.github.first_page(&self.ask(Urgency::Background), &self.path(&["issues"]), &query).await
    }

    pub(super) async fn more_issues(&self, next: NextPage) -> Result<ListPage<IssueJson>, GithubError> {
        self.github.next_page(&self.ask(Urgency::Background), next).await
    }

    /// One issue or pull request, even where it has been transferred since; none where there is none (any more).
    pub(super) async fn issue(
        &self,
        number: u64,
        urgency: Urgency,
    ) -> Result<Option<IssueJson>, GithubError> {
        present(self.get(urgency, &["issues", &number.to_string()]).await.map(Some))
    }

    /// The number of the issue with that node id, and the id of its repository.
    pub(super) async fn number_of(&self, id: &str) -> Result<Option<(u64, String)>, GithubError> {
        let ask = self.ask(Urgency::Person);
        let found =
            self.github.query::<FoundNode<IssuePlace>>(&ask, ISSUE_NUMBER, &json!({"issue": id})).await;
        let found = present(found.map(|found| found.node))?;
        Ok(found.and_then(|issue| Some((issue.number?, issue.repository?.id))))
    }

    /// Issues that one waits for, open and closed, of whatever repository. None where this GitHub does not know of such.
    pub(super) async fn blocked_by(&self, number: u64) -> Result<Vec<IssueJson>, GithubError> {
        let (ask, number) = (self.ask(Urgency::Background), number.to_string());
        let path = self.path(&["issues", &number, "dependencies", "blocked_by"]);
        match self.github.list(&ask, &path, &[("per_page", PER_PAGE)], MOST_BLOCKERS).await {
            Ok((issues, _)) => Ok(issues),
            Err(GithubError::NotFound | GithubError::Gone) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Comments that were made or changed since a moment by RFC 3339, oldest first.
    pub(super) async fn comments(&self, number: u64, since: &str) -> Result<Vec<CommentJson>, GithubError> {
        let (ask, number) = (self.ask(Urgency::Person), number.to_string());
        let path = self.path(&["issues", &number, "comments"]);
        let query = [("since", since), ("per_page", PER_PAGE)];
        Ok(self.github.list(&ask, &path, &query, MOST_COMMENTS).await?.0)
    }

    pub(super) async fn create_issue(&self, new: &NewIssue<'_>) -> Result<IssueJson, GithubError> {
        self.send(Method::POST, &["issues"], new).await
    }

    /// Changes an issue: `state`, `state_reason`, `body` and the like.
    pub(super) async fn edit_issue(&self, number: u64, change: &Value) -> Result<IssueJson, GithubError> {
        self.send(Method::PATCH, &["issues", &number.to_string()], change).await
    }

    /// Adds a label, which is made if there is none of that name.
    pub(super) async fn add_label(&self, number: u64, label: &str) -> Result<(), GithubError> {
        let path = ["issues", &number.to_string(), "labels"];
        self.send::<Value>(Method::POST, &path, &json!({"labels": [label]})).await.map(drop)
    }

    /// Takes a label away; one that is not there is none.
    pub(super) async fn remove_label(&self, number: u64, label: &str) -> Result<(), GithubError> {
        let path = ["issues", &number.to_string(), "labels", label];
        present(self.send::<Value>(Method::DELETE, &path, &Value::Null).await.map(Some)).map(drop)
    }

    pub(super) async fn add_comment(&self, number: u64, body: &str) -> Result<CommentJson, GithubError> {
        self.send(Method::POST, &["issues", &number.to_string(), "comments"], &json!({"body": body})).await
    }

    pub(super) async fn edit_comment(&self, id: u64, body: &str) -> Result<CommentJson, GithubError> {
        self.send(Method::PATCH, &["issues", "comments", &id.to_string()], &json!({"body": body})).await
    }

    /// Takes a comment away; one that is not there is none.
    pub(super) async fn delete_comment(&self, id: u64) -> Result<(), GithubError> {
        let path = ["issues", "comments", &id.to_string()];
        present(self.send::<Value>(Method::DELETE, &path, &Value::Null).await.map(Some)).map(drop)
    }

    /// Has an issue wait for another one, which is named by its database id.
    pub(super) async fn add_blocker(&self, number: u64, blocker: u64) -> Result<(), GithubError> {
        let path = ["issues", &number.to_string(), "dependencies", "blocked_by"];
        self.send::<Value>(Method::POST, &path, &json!({"issue_id": blocker})).await.map(drop)
    }
}

/// What is not there (any more) is none.
fn present<T>(found: Result<Option<T>, GithubError>) -> Result<Option<T>, GithubError> {
    match found {
        Err(GithubError::NotFound | GithubError::Gone | GithubError::Elsewhere { .. }) => Ok(None),
        other => other,
    }
}
