//! An issue as it is kept: what a task is made of.

use super::{
    frame::is_closed,
    wire::{IssueLabelJson, LinearIssueJson, RelationJson, StateJson},
};
use crate::{
    boards::elsewhere::{MarkForm, TaskText},
    model::{Priority, UnixMillis, visible},
};

/// No text of an issue has a mark: the issue's own id says which request made it.
const NO_MARK: MarkForm = MarkForm { start: "\u{0}", end: "\u{0}" };

/// An issue of the team.
#[derive(Clone, Debug)]
pub(super) struct LinearIssue {
    pub(super) id: String,
    /// What people call it, such as `ENG-7`.
    pub(super) key: String,
    /// What they called it in other teams.
    pub(super) former_keys: Vec<String>,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) estimate_minutes: Option<u32>,
    /// The team's own measure of effort, as a label.
    pub(super) points: Option<String>,
    pub(super) state: StateJson,
    pub(super) priority: Priority,
    pub(super) labels: Vec<IssueLabelJson>,
    /// The person it is assigned to, or the agent of Linear that it was handed to.
    pub(super) assignee: Option<String>,
    /// The id of the issue it is a part of.
    pub(super) parent: Option<String>,
    pub(super) blockers: Vec<LinearBlocker>,
    /// Whether it has more labels or relations than were read.
    pub(super) is_cut: bool,
    pub(super) created_at: UnixMillis,
    pub(super) updated_at: UnixMillis,
}

/// An issue that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinearBlocker {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) is_open: bool,
}

impl From<LinearIssueJson> for LinearIssue {
    fn from(json: LinearIssueJson) -> Self {
        let text = TaskText::of(json.description.as_deref().unwrap_or_default(), NO_MARK);
        let is_cut = json.labels.page_info.has_next_page || json.inverse_relations.page_info.has_next_page;
        Self {
            description: visible(text.description),
            estimate_minutes: text.estimate_minutes,
            points: json.estimate.and_then(points),
            priority: priority(json.priority),
            labels: json.labels.nodes,
            assignee: json.assignee.or(json.delegate).map(|person| visible(&person.display_name)),
            parent: json.parent.map(|parent| parent.id),
            blockers: blockers(json.inverse_relations.nodes),
            is_cut,
            created_at: moment(&json.created_at),
            updated_at: moment(&json.updated_at),
            title: visible(&json.title),
            state: json.state,
            former_keys: json.previous_identifiers,
            key: json.identifier,
            url: json.url,
            id: json.id,
        }
    }
}

impl LinearIssue {
    /// Takes all labels and relations in the place of those that a list shows.
    pub(super) fn complete(&mut self, labels: Vec<IssueLabelJson>, relations: Vec<RelationJson>) {
        (self.labels, self.blockers, self.is_cut) = (labels, blockers(relations), false);
    }

    /// Ids of the issues that it waits for.
    pub(super) fn blocker_ids(&self) -> Vec<String> {
        self.blockers.iter().map(|blocker| blocker.id.clone()).collect()
    }
}

/// Relations say of whom they come: those that block are what an issue waits for.
fn blockers(relations: Vec<RelationJson>) -> Vec<LinearBlocker> {
    let blocks = relations.into_iter().filter(|relation| relation.kind == "blocks");
    let blocker = |RelationJson { issue, .. }| LinearBlocker {
        is_open: !is_closed(&issue.state.kind),
        id: issue.id,
        key: issue.identifier,
    };
    blocks.map(blocker).collect()
}

/// 0 is none, 1 the most pressing.
fn priority(number: f64) -> Priority {
    match number as i64 {
        1 => Priority::Urgent,
        2 => Priority::High,
        3 => Priority::Medium,
        4 => Priority::Low,
        _ => Priority::None,
    }
}

/// Linear's number for a priority.
pub(super) const fn number_of(priority: Priority) -> u8 {
    match priority {
        Priority::None => 0,
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Medium => 3,
        Priority::Low => 4,
    }
}

fn points(estimate: f64) -> Option<String> {
    let number = estimate.to_string();
    let unit = if number == "1" { "point" } else { "points" };
    (estimate.is_finite() && estimate > 0.0).then(|| format!("{number} {unit}"))
}

/// The moment of a text by RFC 3339; the epoch for anything else.
pub(super) fn moment(text: &str) -> UnixMillis {
    UnixMillis::from_rfc3339(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_a_label_and_priorities_are_numbers() {
        assert_eq!(points(3.0).as_deref(), Some("3 points"));
        assert_eq!(points(1.0).as_deref(), Some("1 point"));
        assert_eq!(points(0.5).as_deref(), Some("0.5 points"));
        assert_eq!((points(0.0), points(f64::NAN)), (None, None));
        for number in 0..=4 {
            assert_eq!(number_of(priority(f64::from(number))), number as u8);
        }
    }
}
