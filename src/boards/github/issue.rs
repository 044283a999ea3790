//! An issue as it is kept: what a task is made of, whoever sent it.

use super::{MARKS, wire::IssueJson};
use crate::{
    boards::elsewhere::{TaskText, labels, named_after},
    config::StatusNames,
    model::{Priority, TaskStatus, UnixMillis, visible},
};

/// An issue of the repository.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    /// The number that only the APIs of dependencies take.
    pub(super) database_id: u64,
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) estimate_minutes: Option<u32>,
    /// What the request that made it is known by.
    pub(super) once: Option<String>,
    /// How it was closed, if it is.
    pub(super) closed_as: Option<TaskStatus>,
    pub(super) labels: Vec<String>,
    pub(super) assignee: Option<String>,
    pub(super) author: String,
    /// Whether the author belongs to the repository.
    pub(super) is_trusted: bool,
    /// The number of the issue it is a part of.
    pub(super) parent: Option<u64>,
    /// Numbers of issues that its text says it waits for.
    pub(super) named: Vec<u64>,
    /// Whether it waits for open issues by GitHub's own word.
    pub(super) has_blockers: bool,
    pub(super) created_at: UnixMillis,
    pub(super) updated_at: UnixMillis,
}

impl From<IssueJson> for Issue {
    fn from(json: IssueJson) -> Self {
        let body = json.body.as_deref().unwrap_or_default();
        let text = TaskText::of(body, MARKS);
        let closed_as = match json.state_reason.as_deref() {
            _ if json.is_open() => None,
            Some("not_planned" | "duplicate") => Some(TaskStatus::Cancelled),
            _ => Some(TaskStatus::Done),
        };
        let association = json.author_association.as_deref().unwrap_or_default();
        let assignee = json.assignees.iter().flatten().next().map(|user| user.login.clone());
        Self {
            database_id: json.id,
            number: json.number,
            description: visible(text.description),
            estimate_minutes: text.estimate_minutes,
            once: text.once.map(str::to_owned),
            closed_as,
            labels: json.label_names().map(visible).collect(),
            assignee,
            author: json.user.as_ref().map_or_else(|| String::from("ghost"), |user| user.login.clone()),
            is_trusted: ["OWNER", "MEMBER", "COLLABORATOR"].contains(&association),
            parent: json.parent(),
            named: if closed_as.is_some() { Vec::new() } else { named_dependencies(text.description) },
            has_blockers: closed_as.is_none() && json.open_blockers() > 0,
            created_at: json.created_at(),
            updated_at: json.updated_at(),
            title: visible(&json.title),
            id: json.node_id,
            url: json.html_url,
        }
    }
}

impl Issue {
    /// The status that its labels say.
    pub(super) fn labelled(&self, names: &StatusNames) -> Option<TaskStatus> {
        labels::strongest_status(names, self.labels.iter().map(String::as_str))
    }

    /// The priority that its labels say.
    pub(super) fn labelled_priority(&self) -> Option<Priority> {
        labels::highest_priority(self.labels.iter().map(String::as_str))
    }

    /// Its labels without those that say status or priority.
    pub(super) fn own_labels(&self, names: &StatusNames) -> Vec<String> {
        let is_own = |label: &&String| {
            labels::status_of(names, label).is_none() && labels::priority_of(label).is_none()
        };
        self.labels.iter().filter(is_own).cloned().collect()
    }
}

/// Numbers of issues of the same repository that a description says its issue waits for.
fn named_dependencies(description: &str) -> Vec<u64> {
    let named = named_after(description, &["depends on", "blocked by"]);
    named.into_iter().filter_map(|part| part.strip_prefix('#')?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_this_repository_are_read() {
        let named = |text: &str| named_dependencies(text);
        assert_eq!(named("Intro\n- **Depends on** #12, #13 and #12\nBlocked by: #7."), [12, 13, 7]);
        assert_eq!(named("depends on octo/app#3"), Vec::<u64>::new(), "another repository's");
        assert_eq!(named("Depends on #x #-1 #"), Vec::<u64>::new());
    }
}
