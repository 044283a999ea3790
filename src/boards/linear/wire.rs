//! Linear's JSON, as far as it is asked for. Whatever it gives as `null` is none.

use serde::{Deserialize, Deserializer};

/// A connection: a part of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodesJson<T> {
    #[serde(default)]
    pub(super) page_info: PageInfoJson,
    pub(super) nodes: Vec<T>,
}

/// Where a list goes on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfoJson {
    #[serde(default)]
    pub(super) has_next_page: bool,
    #[serde(default)]
    pub(super) end_cursor: Option<String>,
}

/// Something of which the id is enough.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct IdJson {
    pub(super) id: String,
}

/// Something with a name, and the key of a team.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlaceJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) key: Option<String>,
    pub(super) name: String,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PersonJson {
    pub(super) display_name: String,
}

/// A state of a team's workflow.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StateJson {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) position: f64,
}

/// The type of a state.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StateKindJson {
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// A label of an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct IssueLabelJson {
    pub(super) id: String,
    pub(super) name: String,
}

/// A label that issues of the team may have.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TeamLabelJson {
    pub(super) id: String,
    pub(super) name: String,
    /// A group is given to no issue.
    #[serde(default)]
    pub(super) is_group: bool,
    #[serde(default)]
    pub(super) retired_at: Option<String>,
    /// None of one of the whole workspace.
    #[serde(default)]
    pub(super) team: Option<IdJson>,
    /// The group it is in, of which an issue has one label at most.
    #[serde(default)]
    pub(super) parent: Option<IdJson>,
}

/// What another issue has to do with this one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RelationJson {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) issue: RelatedJson,
}

/// That other issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RelatedJson {
    pub(super) id: String,
    pub(super) identifier: String,
    pub(super) state: StateKindJson,
}

/// An issue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinearIssueJson {
    pub(super) id: String,
    pub(super) identifier: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    pub(super) url: String,
    #[serde(default)]
    pub(super) priority: f64,
    #[serde(default)]
    pub(super) estimate: Option<f64>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    #[serde(default)]
    pub(super) archived_at: Option<String>,
    #[serde(default)]
    pub(super) trashed: Option<bool>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) previous_identifiers: Vec<String>,
    pub(super) state: StateJson,
    pub(super) team: IdJson,
    #[serde(default)]
    pub(super) project: Option<IdJson>,
    #[serde(default)]
    pub(super) parent: Option<IdJson>,
    #[serde(default)]
    pub(super) assignee: Option<PersonJson>,
    /// The agent of Linear that it was handed to.
    #[serde(default)]
    pub(super) delegate: Option<PersonJson>,
    pub(super) labels: NodesJson<IssueLabelJson>,
    pub(super) inverse_relations: NodesJson<RelationJson>,
}

/// What an issue has more of than a list shows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueRestJson {
    pub(super) labels: NodesJson<IssueLabelJson>,
    pub(super) inverse_relations: NodesJson<RelationJson>,
}

/// A project.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinearProjectJson {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) archived_at: Option<String>,
    #[serde(default)]
    pub(super) trashed: Option<bool>,
}

fn or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
