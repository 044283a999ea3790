//! The requests about one team's issues. Each document asks for less than 10,000 points of complexity at once, which a test counts.
//! <https://linear.app/developers/rate-limiting#understanding-query-complexity>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    client::{LinearClient, LinearError},
    wire::{
        IdJson, IssueRestJson, LinearIssueJson, LinearProjectJson, NodesJson, PersonJson, PlaceJson,
        StateJson, TeamLabelJson,
    },
};
use crate::github::Urgency;

const FRAME: &str = include_str!("queries/frame.graphql");
const TEAMS: &str = include_str!("queries/teams.graphql");
const PROJECTS: &str = include_str!("queries/projects.graphql");
const LABELS: &str = include_str!("queries/labels.graphql");
const ISSUES: &str = include_str!("queries/issues.graphql");
const ISSUE_REST: &str = include_str!("queries/issue_rest.graphql");
const ISSUE_ID: &str = include_str!("queries/issue_id.graphql");
const ISSUE_CREATE: &str = include_str!("queries/issue_create.graphql");
const ISSUE_UPDATE: &str = include_str!("queries/issue_update.graphql");
const COMMENTS: &str = include_str!("queries/comments.graphql");
const COMMENT: &str = include_str!("queries/comment.graphql");
const COMMENT_CREATE: &str = include_str!("queries/comment_create.graphql");
const COMMENT_UPDATE: &str = include_str!("queries/comment_update.graphql");
const RELATION_CREATE: &str = include_str!("queries/relation_create.graphql");
const LABEL_CREATE: &str = include_str!("queries/label_create.graphql");
const MAY_WRITE: &str = include_str!("queries/may_write.graphql");
/// Labels of a team and its workspace that are known by name; others are looked for when they are needed.
const MOST_LABELS: usize = 1_000;
/// The id of an issue that nobody has.
const NO_ISSUE: &str = "00000000-0000-4000-8000-000000000000";

/// The workspace with the team, asked as its credential.
pub(super) struct LinearApi(pub(super) LinearClient);

/// What all issues are in.
#[derive(Debug, Deserialize)]
pub(super) struct FrameJson {
    pub(super) viewer: PersonJson,
    pub(super) organization: OrganizationJson,
    pub(super) teams: NodesJson<TeamJson>,
}

/// The workspace.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganizationJson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url_key: String,
}

/// The team.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TeamJson {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) retired_at: Option<String>,
    #[serde(default)]
    pub(super) archived_at: Option<String>,
    pub(super) states: NodesJson<StateJson>,
    #[serde(default)]
    pub(super) projects: Option<NodesJson<LinearProjectJson>>,
}

/// A comment, by what it is about.
#[derive(Debug, Deserialize)]
pub(super) struct CommentPlaceJson {
    #[serde(default)]
    pub(super) issue: Option<IdJson>,
}

/// The text of a comment.
#[derive(Debug, Deserialize)]
pub(super) struct CommentBodyJson {
    pub(super) body: String,
}

/// Whether a mutation did it.
#[derive(Debug, Deserialize)]
pub(super) struct PayloadJson {
    success: bool,
    #[serde(default)]
    issue: Option<LinearIssueJson>,
}

impl LinearApi {
    async fn list<T: for<'de> Deserialize<'de>>(
        &self,
        urgency: Urgency,
        document: &'static str,
        variables: &Value,
    ) -> Result<T, LinearError> {
        let mut data: Value = self.0.query(urgency, document, variables).await?;
        let part = data.as_object_mut().and_then(|data| data.values_mut().next().map(Value::take));
        serde_json::from_value(part.unwrap_or_default()).map_err(LinearError::Malformed)
    }

    /// Sends a mutation that has one field, and answers what that has.
    async fn change(&self, document: &'static str, variables: &Value) -> Result<PayloadJson, LinearError> {
        let mut data: Value = self.0.mutate(document, variables).await?;
        let part = data.as_object_mut().and_then(|data| data.values_mut().next().map(Value::take));
        let payload: PayloadJson = serde_json::from_value(part.unwrap_or_default())
            .map_err(|error| LinearError::Unsure(Box::new(LinearError::Malformed(error))))?;
        if payload.success {
            Ok(payload)
        } else {
            Err(LinearError::Rejected { message: String::from("it was not done, without a reason") })
        }
    }

    /// The frame, with the team and the project that those filters find.
    pub(super) async fn frame(
        &self,
        team: &Value,
        project: Option<&Value>,
    ) -> Result<FrameJson, LinearError> {
        let variables = json!({"team": team, "project": project, "hasProject": project.is_some()});
        self.0.query(Urgency::Background, FRAME, &variables).await
    }

    /// Some of the teams that the credential sees.
    pub(super) async fn teams(&self) -> Result<Vec<PlaceJson>, LinearError> {
        let teams: NodesJson<_> = self.list(Urgency::Background, TEAMS, &json!({})).await?;
        Ok(teams.nodes)
    }

    /// Some of a team's projects.
    pub(super) async fn projects(&self, team: &str) -> Result<Vec<PlaceJson>, LinearError> {
        #[derive(Deserialize)]
        struct Team {
            projects: NodesJson<PlaceJson>,
        }
        let team: Team = self.list(Urgency::Background, PROJECTS, &json!({"team": team})).await?;
        Ok(team.projects.nodes)
    }

    /// The labels that a filter finds.
    pub(super) async fn labels(&self, filter: &Value) -> Result<Vec<TeamLabelJson>, LinearError> {
        let (mut labels, mut after) = (Vec::new(), None);
        loop {
            let variables = json!({"filter": filter, "after": after});
            let page: NodesJson<TeamLabelJson> = self.list(Urgency::Background, LABELS, &variables).await?;
            labels.extend(page.nodes);
            let next = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
            // A page that leads to itself would be asked for for ever.
            after = next.filter(|next| after.as_ref() != Some(next) && labels.len() < MOST_LABELS);
            if after.is_none() {
                return Ok(labels);
            }
        }
    }

    /// A page of the issues that a filter finds, those that changed last first.
    pub(super) async fn issues(
        &self,
        urgency: Urgency,
        filter: &Value,
        (archived, after): (bool, Option<&str>),
    ) -> Result<NodesJson<LinearIssueJson>, LinearError> {
        let variables = json!({"filter": filter, "archived": archived, "after": after});
        self.list(urgency, ISSUES, &variables).await
    }

    /// All labels and relations of an issue; none where there is no such issue any more.
    pub(super) async fn issue_rest(
        &self,
        urgency: Urgency,
        id: &str,
    ) -> Result<Option<IssueRestJson>, LinearError> {
        present(self.list(urgency, ISSUE_REST, &json!({"id": id})).await)
    }

    /// The id of the issue that has that name or had it before.
    pub(super) async fn issue_id(&self, name: &str) -> Result<Option<String>, LinearError> {
        let found = self.list::<IdJson>(Urgency::Person, ISSUE_ID, &json!({"name": name})).await;
        Ok(present(found)?.map(|issue| issue.id))
    }

    pub(super) async fn create_issue(&self, input: &Value) -> Result<Option<LinearIssueJson>, LinearError> {
        Ok(self.change(ISSUE_CREATE, &json!({"input": input})).await?.issue)
    }

    pub(super) async fn update_issue(
        &self,
        id: &str,
        input: &Value,
    ) -> Result<Option<LinearIssueJson>, LinearError> {
        Ok(self.change(ISSUE_UPDATE, &json!({"id": id, "input": input})).await?.issue)
    }

    /// A page of an issue's comments, those that changed last first.
    pub(super) async fn comments(
        &self,
        issue: &str,
        after: Option<&str>,
    ) -> Result<Option<NodesJson<CommentBodyJson>>, LinearError> {
        #[derive(Deserialize)]
        struct Commented {
            comments: NodesJson<CommentBodyJson>,
        }
        let variables = json!({"issue": issue, "after": after});
        let found = self.list::<Commented>(Urgency::Background, COMMENTS, &variables).await;
        Ok(present(found)?.map(|issue| issue.comments))
    }

    /// What a comment is about; none where it is not there (any more).
    pub(super) async fn comment(&self, id: &str) -> Result<Option<CommentPlaceJson>, LinearError> {
        present(self.list(Urgency::Person, COMMENT, &json!({"id": id})).await)
    }

    pub(super) async fn create_comment(&self, input: &Value) -> Result<(), LinearError> {
        self.change(COMMENT_CREATE, &json!({"input": input})).await.map(drop)
    }

    pub(super) async fn update_comment(&self, id: &str, body: &str) -> Result<(), LinearError> {
        let input = json!({"body": body, "doNotSubscribeToIssue": true});
        self.change(COMMENT_UPDATE, &json!({"id": id, "input": input})).await.map(drop)
    }

    pub(super) async fn create_relation(&self, input: &Value) -> Result<(), LinearError> {
        self.change(RELATION_CREATE, &json!({"input": input})).await.map(drop)
    }

    pub(super) async fn create_label(&self, input: &Value) -> Result<(), LinearError> {
        self.change(LABEL_CREATE, &json!({"input": input})).await.map(drop)
    }

    /// Why the credential may not write, if so: it is asked to change an issue that nobody has.
    pub(super) async fn lacks_write(&self) -> Result<Option<String>, LinearError> {
        match self.change(MAY_WRITE, &json!({"id": NO_ISSUE})).await {
            Err(LinearError::Forbidden { message }) => Ok(Some(message)),
            Err(LinearError::NotFound | LinearError::Rejected { .. }) | Ok(_) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What is not there (any more) is none.
fn present<T>(found: Result<T, LinearError>) -> Result<Option<T>, LinearError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(LinearError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
