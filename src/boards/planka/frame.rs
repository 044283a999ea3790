//! What all cards of a board are in: its lists, labels, people and fields, and how its lists are read.

use std::collections::{BTreeMap, HashMap};

use super::wire::{BoardJson, IncludedJson, NamedJson};
use crate::{
    config::StatusNames,
    model::{TaskStatus, visible},
};

/// What a field for priorities is called.
const PRIORITY: &str = "priority";
/// What a card is made as where the board does not say.
const CARD_TYPE: &str = "project";

/// A board without its cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) name: String,
    pub(super) project_id: String,
    pub(super) project_name: String,
    pub(super) card_type: String,
    /// From left to right; archive and trash are not among them.
    pub(super) lists: Vec<BoardList>,
    /// Labels by id, in order of age; one without a name has an empty one.
    pub(super) labels: BTreeMap<String, String>,
    /// Names of people by id.
    pub(super) users: HashMap<String, String>,
    /// What each member of the board is there: `editor` or `viewer`.
    pub(super) roles: HashMap<String, String>,
    /// The group and the id of the field for priorities that every card has.
    pub(super) priority_field: Option<(String, String)>,
}

/// A list that people see as a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BoardList {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_closed: bool,
    position: f64,
}

impl BoardList {
    /// The status that it is read as: what its name says, and a closed one that says nothing is done.
    pub(super) fn status(&self, names: &StatusNames) -> Option<TaskStatus> {
        let named = names.status(&self.name);
        if self.is_closed {
            return Some(named.filter(|status| status.is_closed()).unwrap_or(TaskStatus::Done));
        }
        named
    }
}

impl Frame {
    pub(super) fn of(board: &BoardJson, included: &IncludedJson) -> Self {
        let project_id = board.project_id.clone().unwrap_or_default();
        let project = included.projects.iter().find(|project| project.id == project_id);
        let is_column = |kind: &str| kind == "active" || kind == "closed";
        let lists = included.lists.iter().filter(|list| is_column(&list.kind)).map(|list| BoardList {
            id: list.id.clone(),
            name: visible(list.name.as_deref().unwrap_or_default()),
            is_closed: list.kind == "closed",
            position: list.position.unwrap_or_default(),
        });
        let mut lists: Vec<_> = lists.collect();
        lists.sort_by(|one, other| {
            one.position.total_cmp(&other.position).then_with(|| one.id.cmp(&other.id))
        });
        let named =
            |label: &NamedJson| (label.id.clone(), visible(label.name.as_deref().unwrap_or_default()));
        let roles =
            included.board_memberships.iter().map(|member| (member.user_id.clone(), member.role.clone()));
        let mut frame = Self {
            name: visible(&board.name),
            project_name: project
                .and_then(|project| project.name.as_deref())
                .map(visible)
                .unwrap_or_default(),
            card_type: board.default_card_type.clone().unwrap_or_else(|| CARD_TYPE.to_owned()),
            lists,
            labels: included.labels.iter().map(named).collect(),
            users: HashMap::new(),
            roles: roles.collect(),
            priority_field: priority_field(included),
            project_id,
        };
        frame.know_users(included);
        frame
    }

    /// Takes the names of people that came with something else.
    pub(super) fn know_users(&mut self, included: &IncludedJson) {
        let known = included.users.iter().map(|user| (user.id.clone(), visible(&user.name)));
        self.users.extend(known);
    }

    pub(super) fn list(&self, id: &str) -> Option<&BoardList> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// The list that shows a status: of several that of the status's first name which one has, then the leftmost.
    pub(super) fn list_for(&self, names: &StatusNames, status: TaskStatus) -> Option<&BoardList> {
        let of_status = self.lists.iter().filter(|list| list.status(names) == Some(status));
        of_status.min_by_key(|list| {
            let is_it = |name: &String| name.eq_ignore_ascii_case(&list.name);
            names.of(status).iter().position(is_it).unwrap_or(usize::MAX)
        })
    }

    /// A list for what is open, whatever it is read as, the nearest to `status` first.
    pub(super) fn open_list(&self, names: &StatusNames, status: TaskStatus) -> Option<&BoardList> {
        let wanted =
            [status, TaskStatus::Todo, TaskStatus::Backlog, TaskStatus::InProgress, TaskStatus::Blocked];
        let mut wanted = wanted.into_iter().filter(|status| !status.is_closed());
        let is_open = |list: &&BoardList| list.status(names).is_none_or(|status| !status.is_closed());
        wanted.find_map(|status| self.list_for(names, status)).or_else(|| self.lists.iter().find(is_open))
    }

    /// Names of these labels.
    pub(super) fn names_of<'a>(&'a self, labels: &'a [String]) -> impl Iterator<Item = &'a str> {
        labels.iter().filter_map(|id| self.labels.get(id)).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Whether list, labels and people of a card are known; archive and trash are no lists.
    pub(super) fn knows(&self, list_id: &str, included: &IncludedJson) -> bool {
        self.list(list_id).is_some()
            && included.card_labels.iter().all(|label| self.labels.contains_key(&label.label_id))
            && included.card_memberships.iter().all(|member| self.users.contains_key(&member.user_id))
    }

    /// Names of the board's labels.
    pub(super) fn label_names(&self) -> Vec<String> {
        self.labels.values().filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The id of the label of that name, whatever its case.
    pub(super) fn label_id(&self, name: &str) -> Option<&str> {
        let is_it = |known: &str| known.to_lowercase() == name.to_lowercase();
        self.labels.iter().find(|(_, known)| is_it(known)).map(|(id, _)| id.as_str())
    }
}

/// Ids of fields for priorities, those of single cards too.
pub(super) fn priority_fields(included: &IncludedJson) -> impl Iterator<Item = &str> {
    let is_it = |name: &str| name.trim().eq_ignore_ascii_case(PRIORITY);
    included.custom_fields.iter().filter(move |field| is_it(&field.name)).map(|field| field.id.as_str())
}

fn priority_field(included: &IncludedJson) -> Option<(String, String)> {
    let of_board = included.custom_field_groups.iter().filter(|group| group.board_id.is_some());
    let groups: Vec<_> = of_board.map(|group| group.id.as_str()).collect();
    let ids: Vec<_> = priority_fields(included).collect();
    let field = included.custom_fields.iter().find(|field| {
        let group = field.custom_field_group_id.as_deref();
        ids.contains(&field.id.as_str()) && group.is_some_and(|group| groups.contains(&group))
    })?;
    Some((field.custom_field_group_id.clone()?, field.id.clone()))
}
