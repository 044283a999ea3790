//! The requests about a project, whose Status field says how an issue stands.
//! <https://docs.github.com/en/graphql/reference/objects#projectv2>

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    api::IssuesApi,
    wire::{FieldJson, FoundNode, ItemJson},
};
use crate::github::{GithubError, Urgency};

const PROJECT: &str = include_str!("queries/project.graphql");
const PROJECT_ACCESS: &str = include_str!("queries/project_access.graphql");
const PROJECT_ITEMS: &str = include_str!("queries/project_items.graphql");
const ISSUE_ITEMS: &str = include_str!("queries/issue_items.graphql");
const ADD_ITEM: &str = include_str!("queries/add_item.graphql");
const SET_OPTION: &str = include_str!("queries/set_option.graphql");
const PER_PAGE: u32 = 100;

/// A project as it is.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GithubProject {
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) closed: bool,
    /// The field that says how an item stands; `None` where it has no such field.
    #[serde(default)]
    pub(super) status: Option<FieldJson>,
    /// The field that says how pressing it is.
    #[serde(default)]
    pub(super) priority: Option<FieldJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    repository_owner: Option<Projects>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Projects {
    #[serde(default, rename = "projectV2")]
    project: Option<GithubProject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectAccess {
    #[serde(default)]
    viewer_can_update: bool,
}

#[derive(Deserialize)]
struct ProjectNode {
    items: Option<Items>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueNode {
    project_items: Option<Items>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Items {
    #[serde(default)]
    page_info: ItemsPage,
    #[serde(default)]
    nodes: Vec<Option<ItemJson>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemsPage {
    #[serde(default)]
    has_next_page: bool,
    #[serde(default)]
    end_cursor: Option<String>,
}

impl IssuesApi {
    async fn query<T: DeserializeOwned>(
        &self,
        urgency: Urgency,
        document: &'static str,
        variables: &Value,
    ) -> Result<T, GithubError> {
        self.github.query(&self.ask(urgency), document, variables).await
    }

    /// The project of the repository's owner with that number; none where there is none that the credential sees.
    pub(super) async fn project(&self, number: u32) -> Result<Option<GithubProject>, GithubError> {
        let variables = json!({"owner": self.owner, "number": number});
        match self.query::<Owner>(Urgency::Background, PROJECT, &variables).await {
            Ok(found) => Ok(found.repository_owner.and_then(|owner| owner.project)),
            Err(GithubError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the credential may change the project's items.
    pub(super) async fn may_change(&self, project: &GithubProject) -> Result<bool, GithubError> {
        let variables = json!({"project": project.id});
        let found: FoundNode<ProjectAccess> = self.query(Urgency::Person, PROJECT_ACCESS, &variables).await?;
        Ok(found.node.is_some_and(|access| access.viewer_can_update))
    }

    /// All items of a project: a point of the hour's budget for 100 of them.
    pub(super) async fn items(&self, project: &GithubProject) -> Result<Vec<ItemJson>, GithubError> {
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let variables = json!({"project": project.id, "first": PER_PAGE, "after": after});
            let page: FoundNode<ProjectNode> =
                self.query(Urgency::Background, PROJECT_ITEMS, &variables).await?;
            let page = page.node.and_then(|project| project.items).ok_or(GithubError::NotFound)?;
            items.extend(page.nodes.into_iter().flatten());
            let next = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
            // A page that leads to itself would be asked for for ever.
            match next.filter(|next| after.as_ref() != Some(next)) {
                Some(next) => after = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// The item of a project that is about an issue.
    pub(super) async fn item_of(
        &self,
        project: &GithubProject,
        issue: &str,
    ) -> Result<Option<ItemJson>, GithubError> {
        let found: FoundNode<IssueNode> =
            self.query(Urgency::Person, ISSUE_ITEMS, &json!({"issue": issue})).await?;
        let items = found.node.and_then(|issue| issue.project_items).map(|items| items.nodes);
        let is_its = |item: &ItemJson| item.project.as_ref().is_some_and(|node| node.id == project.id);
        Ok(items.into_iter().flatten().flatten().find(is_its))
    }

    /// Puts an issue into a project; the id of its item. One that is there already stays.
    pub(super) async fn add_item(&self, project: &GithubProject, issue: &str) -> Result<String, GithubError> {
        let added: Value = self.change(ADD_ITEM, &json!({"project": project.id, "issue": issue})).await?;
        let id = added["addProjectV2ItemById"]["item"]["id"].as_str();
        id.map(str::to_owned).ok_or(GithubError::NotFound)
    }

    /// Gives an item one of a field's options.
    pub(super) async fn set_option(
        &self,
        project: &GithubProject,
        item: &str,
        (field, option): (&str, &str),
    ) -> Result<(), GithubError> {
        let variables = json!({"project": project.id, "item": item, "field": field, "option": option});
        self.change(SET_OPTION, &variables).await.map(drop)
    }

    async fn change(&self, document: &'static str, variables: &Value) -> Result<Value, GithubError> {
        self.github.mutate(&self.ask(Urgency::Person), document, variables).await
    }
}
