//! An issue as a task: how it stands, and what it waits for. Closed wins; then comes a label that says blocked, then its state.

use super::{
    book::LinearBook,
    frame::{says_blocked, status_of_state},
    issue::LinearIssue,
};
use crate::model::{Task, TaskStatus, visible, without_repeats};

impl LinearBook {
    /// The issue as a task.
    pub(super) fn compose(&self, issue: &LinearIssue) -> Task {
        let (status, note) = self.standing(issue);
        Task {
            id: issue.id.clone(),
            key: issue.key.clone(),
            url: Some(issue.url.clone()),
            title: issue.title.clone(),
            description: issue.description.clone(),
            status,
            priority: issue.priority,
            labels: self.own_labels(issue),
            dependencies: if status.is_closed() { Vec::new() } else { self.dependencies(issue) },
            assignee: issue.assignee.clone(),
            estimate_minutes: issue.estimate_minutes,
            created_at: issue.created_at,
            updated_at: issue.updated_at,
            moved_at: None,
            note,
        }
    }

    /// Its labels without those that say blocked, and its points.
    fn own_labels(&self, issue: &LinearIssue) -> Vec<String> {
        let own = issue.labels.iter().filter(|label| !says_blocked(&self.names, &label.name));
        own.map(|label| visible(&label.name)).chain(issue.points.clone()).collect()
    }

    /// What it waits for by its relations, and its parts.
    fn dependencies(&self, issue: &LinearIssue) -> Vec<String> {
        let blockers = issue.blocker_ids().into_iter().filter(|id| self.issue(id).is_some());
        without_repeats(blockers.chain(self.parts(&issue.id).cloned()).collect())
    }

    /// How it stands, and the reason where Linear's page does not show it.
    fn standing(&self, issue: &LinearIssue) -> (TaskStatus, Option<String>) {
        let state = status_of_state(&self.names, &issue.state.name, &issue.state.kind);
        if state.is_closed() {
            return (state, None);
        }
        if issue.labels.iter().any(|label| says_blocked(&self.names, &label.name)) {
            return (TaskStatus::Blocked, None);
        }
        let is_elsewhere = |id: &str| self.issue(id).is_none();
        let open = issue.blockers.iter().filter(|blocker| blocker.is_open && is_elsewhere(&blocker.id));
        let open: Vec<_> = open.map(|blocker| blocker.key.as_str()).collect();
        if state == TaskStatus::Todo && !open.is_empty() {
            let note = format!("it waits for {}, which is not on this board", open.join(", "));
            return (TaskStatus::Blocked, Some(note));
        }
        (state, None)
    }
}
