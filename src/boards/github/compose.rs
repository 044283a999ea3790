//! An issue as a task: how it stands, how pressing it is, and what it waits for. Closed always wins; then come a label that says
//! blocked, the project's Status, or the labels.

use super::{
    book::Book,
    issue::Issue,
    wire::{ChosenJson, FieldJson, ItemJson},
};
use crate::{
    boards::elsewhere::labels::priority_of,
    config::Offer,
    model::{Priority, Task, TaskStatus, without_repeats},
};

impl Book {
    /// The issue as a task.
    pub(super) fn compose(&self, issue: &Issue) -> Task {
        let item = self.items.get(&issue.id);
        let (status, note) = self.standing(issue, item);
        let chosen = item.and_then(|item| chosen(item.priority.as_ref()));
        let priority = chosen.and_then(priority_of).or_else(|| issue.labelled_priority());
        let changed_at = item.map_or(issue.updated_at, |item| item.updated_at().max(issue.updated_at));
        let is_closed = status.is_closed();
        Task {
            id: issue.id.clone(),
            key: format!("#{}", issue.number),
            url: Some(issue.url.clone()),
            title: issue.title.clone(),
            description: issue.description.clone(),
            status,
            priority: priority.unwrap_or(Priority::None),
            labels: issue.own_labels(&self.names),
            dependencies: if is_closed { Vec::new() } else { self.dependencies(issue) },
            assignee: issue.assignee.clone(),
            estimate_minutes: issue.estimate_minutes,
            created_at: issue.created_at,
            updated_at: changed_at,
            moved_at: None,
            note,
        }
    }

    /// What it waits for by GitHub's word, by its parts, and by its text.
    fn dependencies(&self, issue: &Issue) -> Vec<String> {
        let blockers = self.blockers(issue.number).iter().map(|blocker| blocker.id.clone());
        let named = issue.named.iter().filter(|number| **number != issue.number);
        let named = named.filter_map(|number| self.issue(*number)).map(|named| named.id.clone());
        let parts = self.parts(issue.number).map(str::to_owned);
        without_repeats(blockers.chain(parts).chain(named).collect())
    }

    /// How it stands, and the reason where GitHub's page does not show it.
    fn standing(&self, issue: &Issue, item: Option<&ItemJson>) -> (TaskStatus, Option<String>) {
        if let Some(closed) = issue.closed_as {
            return (closed, None);
        }
        let labelled = issue.labelled(&self.names);
        let (status, note) = match labelled {
            Some(TaskStatus::Blocked) => (TaskStatus::Blocked, None),
            _ if self.uses_project => self.in_project(issue, item, labelled),
            Some(status) => (status, None),
            None => self.without_status(issue),
        };
        let elsewhere: Vec<_> =
            self.blockers(issue.number).iter().filter_map(|blocker| blocker.elsewhere.as_deref()).collect();
        if status == TaskStatus::Todo && !elsewhere.is_empty() {
            let note = format!("it waits for {}, in another repository", elsewhere.join(", "));
            return (TaskStatus::Blocked, Some(note));
        }
        (status, note)
    }

    fn in_project(
        &self,
        issue: &Issue,
        item: Option<&ItemJson>,
        labelled: Option<TaskStatus>,
    ) -> (TaskStatus, Option<String>) {
        // What the project has no option for stands in a label.
        if let Some(status) = labelled.filter(|status| self.option(*status).is_none()) {
            return (status, None);
        }
        let Some(item) = item else {
            let title = self.project.as_ref().map_or("", |project| project.title.as_str());
            return (TaskStatus::Backlog, Some(format!("it is not in the project {title}")));
        };
        match chosen(item.status.as_ref()) {
            None => self.without_status(issue),
            Some(name) => match self.names.status(name) {
                Some(status) => (status, None),
                None => {
                    let note = format!("its Status `{name}` stands for none of TASKGATE_BOARD_STATUSES");
                    (TaskStatus::Backlog, Some(note))
                }
            },
        }
    }

    fn without_status(&self, issue: &Issue) -> (TaskStatus, Option<String>) {
        let is_public = self.repo.as_ref().is_none_or(|repo| !repo.private);
        let offers_all = match self.offer {
            Some(offer) => offer == Offer::All,
            None => !is_public,
        };
        if offers_all || issue.is_trusted {
            return (TaskStatus::Todo, None);
        }
        let author = &issue.author;
        let note =
            format!("{author}, who opened it, is no member here (GITHUB_OFFER=trusted): give it a status");
        (TaskStatus::Backlog, Some(note))
    }

    /// The status that an item's Status says.
    pub(super) fn stands(&self, item: &ItemJson) -> Option<TaskStatus> {
        self.names.status(chosen(item.status.as_ref())?)
    }

    /// The ids of the project's field for priorities and of its option for one.
    pub(super) fn priority_option(&self, priority: Priority) -> Option<(String, String)> {
        let field = self.project.as_ref()?.priority.as_ref()?;
        let option = field.options.iter().find(|option| priority_of(&option.name) == Some(priority))?;
        Some((field.id.clone(), option.id.clone()))
    }

    /// The id of the project's option for a status: that of the status's first name which the project has.
    pub(super) fn option(&self, status: TaskStatus) -> Option<(&FieldJson, &str)> {
        let field = self.project.as_ref()?.status.as_ref()?;
        let of_status = field.options.iter().filter(|option| self.names.status(&option.name) == Some(status));
        let first = of_status.min_by_key(|option| {
            let is_it = |name: &String| name.eq_ignore_ascii_case(&option.name);
            self.names.of(status).iter().position(is_it).unwrap_or(usize::MAX)
        })?;
        Some((field, &first.id))
    }
}

/// The name of what was chosen.
fn chosen(chosen: Option<&ChosenJson>) -> Option<&str> {
    chosen.and_then(|chosen| chosen.name.as_deref()).filter(|name| !name.is_empty())
}
