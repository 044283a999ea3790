//! What all issues are in: the workspace, the team with the states of its workflow and its labels, the project; and which state shows
//! which status.

use super::wire::{LinearProjectJson, StateJson, TeamLabelJson};
use crate::{boards::elsewhere::labels::status_of, config::StatusNames, model::TaskStatus};

/// The frame as it was last read.
#[derive(Clone, Debug)]
pub(super) struct TeamFrame {
    /// Whom the credential acts as.
    pub(super) viewer: String,
    pub(super) organization: String,
    pub(super) organization_name: String,
    /// Its name in addresses.
    pub(super) url_key: String,
    pub(super) team: String,
    pub(super) team_key: String,
    pub(super) team_name: String,
    /// Whether the team takes no issues any more.
    pub(super) is_closed: bool,
    pub(super) states: Vec<StateJson>,
    pub(super) labels: Vec<TeamLabelJson>,
    pub(super) project: Option<LinearProjectJson>,
}

impl TeamFrame {
    /// The state that shows a status: that of the status's first name if the team has it, else the first that is read so.
    pub(super) fn state_for(&self, names: &StatusNames, status: TaskStatus) -> Option<&StateJson> {
        let shows = |state: &&StateJson| status_of_state(names, &state.name, &state.kind) == status;
        let rank = |state: &StateJson| {
            let first = names.of(status).first();
            // Linear itself says what is a duplicate, and what waits to be looked at.
            let is_linears = matches!(state.kind.as_str(), "triage" | "duplicate");
            (is_linears, first.is_none_or(|name| !name.eq_ignore_ascii_case(state.name.trim())))
        };
        let by_rank = |one: &&StateJson, other: &&StateJson| {
            rank(one).cmp(&rank(other)).then(one.position.total_cmp(&other.position))
        };
        self.states.iter().filter(shows).min_by(by_rank)
    }

    /// The label of that name, whatever its case; the team's own first.
    pub(super) fn label(&self, name: &str) -> Option<&TeamLabelJson> {
        label_named(&self.labels, name)
    }

    /// The label that says blocked, if there is one.
    pub(super) fn blocked_label(&self, names: &StatusNames) -> Option<&TeamLabelJson> {
        let says = |label: &&TeamLabelJson| label.is_given() && says_blocked(names, &label.name);
        self.labels.iter().filter(says).min_by_key(|label| label.team.is_none())
    }

    /// The group that a label is in.
    pub(super) fn group_of(&self, label: &str) -> Option<&str> {
        let found = self.labels.iter().find(|known| known.id == label)?;
        found.parent.as_ref().map(|group| group.id.as_str())
    }

    /// Statuses that can be shown; `blocked` can always be, by a label.
    pub(super) fn shown(&self, names: &StatusNames) -> Vec<TaskStatus> {
        let is_shown =
            |status: &TaskStatus| *status == TaskStatus::Blocked || self.state_for(names, *status).is_some();
        TaskStatus::ALL.into_iter().filter(is_shown).collect()
    }
}

impl TeamLabelJson {
    /// Whether issues can be given it.
    fn is_given(&self) -> bool {
        !self.is_group && self.retired_at.is_none()
    }
}

/// The one of these labels that has that name, whatever its case, and can be given; the team's own first.
pub(super) fn label_named<'a>(labels: &'a [TeamLabelJson], name: &str) -> Option<&'a TeamLabelJson> {
    let is_it = |label: &&TeamLabelJson| label.is_given() && label.name.to_lowercase() == name.to_lowercase();
    labels.iter().filter(is_it).min_by_key(|label| label.team.is_none())
}

/// The status that a state of that name and type is read as: names go first.
pub(super) fn status_of_state(names: &StatusNames, name: &str, kind: &str) -> TaskStatus {
    names.status(name).unwrap_or(match kind {
        "unstarted" => TaskStatus::Todo,
        "started" => TaskStatus::InProgress,
        "completed" => TaskStatus::Done,
        "canceled" | "duplicate" => TaskStatus::Cancelled,
        // Whatever else there will be waits for a person.
        _ => TaskStatus::Backlog,
    })
}

/// Whether nothing more is to be done about an issue in a state of that type.
pub(super) fn is_closed(kind: &str) -> bool {
    matches!(kind, "completed" | "canceled" | "duplicate")
}

/// Whether a label says that its issue is blocked.
pub(super) fn says_blocked(names: &StatusNames, label: &str) -> bool {
    status_of(names, label) == Some(TaskStatus::Blocked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(states: &[(&str, &str)]) -> TeamFrame {
        let state = |(at, (name, kind)): (usize, &(&str, &str))| StateJson {
            id: name.to_lowercase(),
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            position: at as f64,
        };
        TeamFrame {
            viewer: String::new(),
            organization: String::new(),
            organization_name: String::new(),
            url_key: String::new(),
            team: String::new(),
            team_key: String::new(),
            team_name: String::new(),
            is_closed: false,
            states: states.iter().enumerate().map(state).collect(),
            labels: Vec::new(),
            project: None,
        }
    }

    #[test]
    fn a_status_is_shown_by_the_state_that_has_its_name_else_by_the_first_of_its_type() {
        let names = StatusNames::default();
        let frame = frame(&[
            ("Triage", "triage"),
            ("Icebox", "backlog"),
            ("Building", "started"),
            ("In Review", "started"),
            ("Blocked", "started"),
            ("Released", "completed"),
            ("Duplicate", "duplicate"),
            ("Won't do", "canceled"),
        ]);
        let shown = |status| frame.state_for(&names, status).map(|state| state.name.as_str());
        assert_eq!(shown(TaskStatus::Backlog), Some("Icebox"));
        assert_eq!(shown(TaskStatus::Todo), None);
        assert_eq!(shown(TaskStatus::InProgress), Some("Building"));
        assert_eq!(shown(TaskStatus::Blocked), Some("Blocked"));
        assert_eq!(shown(TaskStatus::Done), Some("Released"));
        assert_eq!(shown(TaskStatus::Cancelled), Some("Won't do"));
        assert!(!frame.shown(&names).contains(&TaskStatus::Todo));
    }
}
