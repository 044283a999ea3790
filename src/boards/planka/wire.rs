//! Planka's JSON. Ids are numbers as text, larger than a number of JSON holds; whatever is left out or `null` is none.
//! <https://plankanban.github.io/planka/swagger-ui/>

use serde::Deserialize;

use crate::model::UnixMillis;

/// One thing with what belongs to it.
#[derive(Debug, Deserialize)]
pub(super) struct PlankaItem<T> {
    pub(super) item: T,
    #[serde(default)]
    pub(super) included: IncludedJson,
}

/// Several things with what belongs to them.
#[derive(Debug, Deserialize)]
pub(super) struct PlankaItems<T> {
    pub(super) items: Vec<T>,
    #[serde(default)]
    pub(super) included: IncludedJson,
}

/// What belongs to a board, a card or projects.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct IncludedJson {
    pub(super) projects: Vec<NamedJson>,
    pub(super) boards: Vec<BoardJson>,
    pub(super) board_memberships: Vec<BoardMembershipJson>,
    pub(super) labels: Vec<NamedJson>,
    pub(super) lists: Vec<ListJson>,
    pub(super) cards: Vec<CardJson>,
    pub(super) card_memberships: Vec<CardMembershipJson>,
    pub(super) card_labels: Vec<CardLabelJson>,
    pub(super) task_lists: Vec<TaskListJson>,
    pub(super) tasks: Vec<TaskJson>,
    pub(super) custom_field_groups: Vec<CustomGroupJson>,
    pub(super) custom_fields: Vec<CustomFieldJson>,
    pub(super) custom_field_values: Vec<CustomValueJson>,
    pub(super) users: Vec<PlankaUserJson>,
}

/// A project, or a label: something with a name, which a label need not have.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardJson {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) project_id: Option<String>,
    /// What a card is made as.
    #[serde(default)]
    pub(super) default_card_type: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BoardMembershipJson {
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) role: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ListJson {
    pub(super) id: String,
    /// `active`, `closed`, `archive`, `trash`.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) position: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CardJson {
    pub(super) id: String,
    pub(super) board_id: String,
    pub(super) list_id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) position: Option<f64>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CardMembershipJson {
    pub(super) card_id: String,
    pub(super) user_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CardLabelJson {
    pub(super) card_id: String,
    pub(super) label_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskListJson {
    pub(super) id: String,
    pub(super) card_id: String,
    #[serde(default)]
    pub(super) name: String,
}

/// An item of a card's task list, which may stand for another card.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskJson {
    pub(super) task_list_id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) is_completed: bool,
    #[serde(default)]
    pub(super) linked_card_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomGroupJson {
    pub(super) id: String,
    /// Of one that all cards of the board have.
    #[serde(default)]
    pub(super) board_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomFieldJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) custom_field_group_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomValueJson {
    pub(super) card_id: String,
    pub(super) custom_field_id: String,
    #[serde(default)]
    pub(super) content: String,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlankaUserJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) username: Option<String>,
    /// `admin`, `projectOwner`, `boardUser`.
    #[serde(default)]
    pub(super) role: Option<String>,
}

/// A comment of a card.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CardCommentJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) text: String,
    /// None of a user who is gone.
    #[serde(default)]
    pub(super) user_id: Option<String>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
}

/// What Planka says of itself to everybody.
#[derive(Debug, Deserialize)]
pub(super) struct BootstrapJson {
    #[serde(default)]
    pub(super) version: Option<String>,
}

/// Whom Planka tells what happens.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlankaWebhookJson {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: String,
}

/// The moment of a text by RFC 3339; the epoch for anything else.
pub(super) fn moment(text: Option<&str>) -> UnixMillis {
    text.and_then(UnixMillis::from_rfc3339).unwrap_or_default()
}

/// Whether that looks like an id.
pub(super) fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}
