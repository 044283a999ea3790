//! A move: labels are added first and others taken away after that, one by one; a project's Status is set; an issue is closed with
//! the reason. What stands so already is left alone. A person who was quicker wins, and what a person closed stays closed.

use serde_json::json;

use crate::{
    boards::{
        elsewhere::{is_persons, labels},
        github::{GithubBoard, book::Book, issue::Issue, project::GithubProject},
    },
    github::GithubError,
    model::{OwedWrite, TaskStatus, WriteOutcome},
};

impl GithubBoard {
    /// Brings a move to the board.
    pub(super) async fn deliver_move(
        &self,
        owed: &OwedWrite,
        number: u64,
        status: TaskStatus,
    ) -> Result<WriteOutcome, GithubError> {
        let task_id = &owed.entry.task_id;
        if self.delivered.moves.get(task_id).is_some_and(|newest| newest >= owed.sequence) {
            return Ok(WriteOutcome::Written);
        }
        let standing = |book: &mut Book| book.task(number).map(|task| task.status);
        let before = self.with_book(standing);
        self.read_anew(vec![number]).await?;
        let (now, issue) = self.with_book(|book| (standing(book), book.issue(number).cloned()));
        let (Some(now), Some(issue)) = (now, issue) else { return Err(GithubError::NotFound) };
        if is_persons(before, now, status) {
            return Ok(WriteOutcome::Superseded);
        }
        self.bring(&issue, status).await?;
        self.delivered.moves.insert(task_id.clone(), owed.sequence);
        Ok(WriteOutcome::Written)
    }

    /// Brings an issue to a status, step by step; a step that is done already is left out.
    pub(super) async fn bring(&self, issue: &Issue, status: TaskStatus) -> Result<(), GithubError> {
        let number = issue.number;
        if let Some(project) = self.with_book(|book| book.project.clone()) {
            self.set_status(&project, issue, status).await?;
        }
        if let Some(label) = self.with_book(|book| wanted_label(book, issue, status)) {
            self.api.add_label(number, &label).await?;
            self.with_book(|book| book.know_label(&label));
        }
        if status.is_closed() && issue.closed_as.is_none() {
            let reason = if status == TaskStatus::Done { "completed" } else { "not_planned" };
            let closed =
                self.api.edit_issue(number, &json!({"state": "closed", "state_reason": reason})).await?;
            self.with_book(|book| book.put(closed));
        }
        for label in self.with_book(|book| unwanted_labels(book, issue, status)) {
            self.api.remove_label(number, &label).await?;
        }
        // What was written is read, so that an older answer of a list does not count.
        self.read_anew(vec![number]).await?;
        let stands = self.with_book(|book| book.task(number).map(|task| task.status));
        // Of an issue without a status, it depends on the author what that means.
        if !status.is_closed() && stands.is_some_and(|stands| stands != status) {
            let is_shown = self.with_book(|book| book.option(status).is_some());
            let label = self.with_book(|book| labels::status_label(&book.names, &book.labels, status));
            let has_it =
                self.with_book(|book| book.issue(number).is_some_and(|issue| issue.labels.contains(&label)));
            if !is_shown && !has_it {
                self.api.add_label(number, &label).await?;
                self.read_anew(vec![number]).await?;
            }
        }
        Ok(())
    }

    /// Gives the issue's item the project's option for a status, if it has one.
    async fn set_status(
        &self,
        project: &GithubProject,
        issue: &Issue,
        status: TaskStatus,
    ) -> Result<(), GithubError> {
        let Some((field, option)) = self.option_of(status) else { return Ok(()) };
        let known = self.with_book(|book| book.items.get(&issue.id).cloned());
        if known.as_ref().is_some_and(|item| self.with_book(|book| book.stands(item) == Some(status))) {
            return Ok(());
        }
        let item = match known {
            Some(item) => item.id,
            None => self.api.add_item(project, &issue.id).await?,
        };
        let set = self.api.set_option(project, &item, (&field, &option)).await;
        // Whoever edits the field's options may give all of them other ids.
        let may_be_old = matches!(set, Err(GithubError::Rejected { .. } | GithubError::Query { .. }));
        if !may_be_old {
            return set;
        }
        self.read_project().await?;
        match self.option_of(status) {
            Some((field, now)) if now != option => self.api.set_option(project, &item, (&field, &now)).await,
            _ => set,
        }
    }

    /// The ids of the project's Status and of its option for a status.
    fn option_of(&self, status: TaskStatus) -> Option<(String, String)> {
        self.with_book(|book| {
            let (field, option) = book.option(status)?;
            Some((field.id.clone(), option.to_owned()))
        })
    }

    /// Reads the project's fields anew.
    async fn read_project(&self) -> Result<(), GithubError> {
        let Some(number) = self.project_number else { return Ok(()) };
        let project = self.api.project(number).await?.ok_or(GithubError::NotFound)?;
        self.with_book(|book| book.project = Some(project));
        Ok(())
    }
}

impl Book {
    /// Remembers a label of the repository.
    fn know_label(&mut self, label: &str) {
        if !self.labels.iter().any(|known| known.eq_ignore_ascii_case(label)) {
            self.labels.push(label.to_owned());
        }
    }
}

/// The label that says the status, where one is needed and not there yet.
fn wanted_label(book: &Book, issue: &Issue, status: TaskStatus) -> Option<String> {
    let is_shown = book.option(status).is_some();
    let needs_one = matches!(status, TaskStatus::InProgress | TaskStatus::Blocked | TaskStatus::Backlog);
    let has_one = issue.labels.iter().any(|label| labels::status_of(&book.names, label) == Some(status));
    (needs_one && !is_shown && !has_one).then(|| labels::status_label(&book.names, &book.labels, status))
}

/// Labels of the issue that say another status.
fn unwanted_labels(book: &Book, issue: &Issue, status: TaskStatus) -> Vec<String> {
    let says_other =
        |label: &&String| labels::status_of(&book.names, label).is_some_and(|said| said != status);
    issue.labels.iter().filter(says_other).cloned().collect()
}
