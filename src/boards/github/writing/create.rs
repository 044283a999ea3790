//! Making a task: the issue first, then what it waits for, its place in the project and its status. A step that fails after the
//! issue is there leaves a warning, no error: the task exists.

use serde_json::json;
use tokio::time::sleep;

use super::owed::SEEN_AFTER;
use crate::{
    boards::{
        BoardError, Created,
        elsewhere::{TaskText, labels},
        github::{GithubBoard, MARKS, api::NewIssue, issue::Issue, wire::IssueJson},
    },
    github::{GithubError, Urgency},
    model::{NewTask, Priority, TaskStatus},
};

/// How far back an issue of a lost answer is looked for.
const LOOK_BACK_MILLIS: i64 = 600_000;

impl GithubBoard {
    pub(in crate::boards::github) async fn make(
        &self,
        task: &NewTask,
        once: &str,
    ) -> Result<Created, BoardError> {
        let number = match self.delivered.made.get(once) {
            Some(number) => number,
            None => {
                self.know_the_board().await?;
                self.made_or_make(task, once).await.map_err(|error| self.error(error))?
            }
        };
        let mut warnings = Vec::new();
        let issue = self.with_book(|book| book.issue(number).cloned()).ok_or(BoardError::NoSuchTask)?;
        let mut warn = |what: &str, done: Result<(), GithubError>| {
            if let Err(error) = done {
                warnings.push(format!("{what}: {error}"));
            }
        };
        warn("what it waits for is not on the board", self.add_blockers(&issue, task).await);
        warn("its status is not on the board", self.bring(&issue, task.status).await);
        warn("its priority is not on the board", self.set_priority(&issue, task.priority).await);
        self.read_anew(vec![number]).await.map_err(|error| self.error(error))?;
        let task = self.with_book(|book| book.task(number)).ok_or(BoardError::NoSuchTask)?;
        Ok(Created { task, recorded: false, warnings })
    }

    /// The number of the issue that this request made before, in whichever process, or makes now.
    async fn made_or_make(&self, task: &NewTask, once: &str) -> Result<u64, GithubError> {
        let number = match self.with_book(|book| book.made_by(once)) {
            Some(number) => number,
            None => {
                let issue = self.make_issue(task, once).await?;
                let number = issue.number;
                self.with_book(|book| book.put(issue));
                number
            }
        };
        self.delivered.made.insert(once.to_owned(), number);
        Ok(number)
    }

    /// Reads what the making of a task needs, if nothing was read yet.
    async fn know_the_board(&self) -> Result<(), BoardError> {
        if self.with_book(|book| book.repo.is_some()) { Ok(()) } else { self.read_whole().await }
    }

    async fn make_issue(&self, task: &NewTask, once: &str) -> Result<IssueJson, GithubError> {
        let body = TaskText::with_parts(&task.description, task.estimate_minutes, Some((MARKS, once)));
        let mut given = task.labels.clone();
        self.with_book(|book| {
            let has_field = book.priority_option(task.priority).is_some();
            given.extend(labels::priority_label(&book.labels, task.priority).filter(|_| !has_field));
            if task.status == TaskStatus::Backlog && book.option(TaskStatus::Backlog).is_none() {
                given.push(labels::status_label(&book.names, &book.labels, TaskStatus::Backlog));
            }
        });
        let new = NewIssue { title: &task.title, body: &body, labels: &given };
        match self.api.create_issue(&new).await {
            Err(error @ GithubError::Unsure(_)) => {
                sleep(SEEN_AFTER).await;
                self.find_made(once).await?.ok_or(error)
            }
            made => made,
        }
    }

    /// The issue that a request made whose answer was lost, among the newest.
    async fn find_made(&self, once: &str) -> Result<Option<IssueJson>, GithubError> {
        let since = self.clock.now().plus(-LOOK_BACK_MILLIS).rfc3339();
        let query = [("state", "all"), ("sort", "created"), ("direction", "desc"), ("since", &since)];
        let page = self.api.issues(&query).await?;
        let is_it = |issue: &IssueJson| {
            TaskText::of(issue.body.as_deref().unwrap_or_default(), MARKS).once == Some(once)
        };
        Ok(page.items.into_iter().find(is_it))
    }

    /// Has the issue wait for others; where GitHub has no such thing, lines of its text say it.
    async fn add_blockers(&self, issue: &Issue, task: &NewTask) -> Result<(), GithubError> {
        let mut in_text = Vec::new();
        for dependency in &task.dependencies {
            let Some(number) = self.number_of(dependency).await? else { continue };
            let known = self.with_book(|book| book.issue(number).map(|issue| issue.database_id));
            let blocker = match known {
                Some(id) => id,
                None => self.read_issue(number).await?.ok_or(GithubError::NotFound)?.database_id,
            };
            match self.api.add_blocker(issue.number, blocker).await {
                Err(GithubError::NotFound | GithubError::Gone) => in_text.push(number),
                added => added?,
            }
        }
        if in_text.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = in_text.iter().map(|number| format!("Depends on #{number}")).collect();
        let description = format!("{}\n\n{}", task.description.trim_end(), lines.join("\n"));
        let once = issue.once.as_deref().unwrap_or_default();
        let body = TaskText::with_parts(&description, task.estimate_minutes, Some((MARKS, once)));
        let edited = self.api.edit_issue(issue.number, &json!({"body": body})).await?;
        self.with_book(|book| book.put(edited));
        Ok(())
    }

    async fn read_issue(&self, number: u64) -> Result<Option<Issue>, GithubError> {
        self.read_each(vec![number], Urgency::Person).await?;
        Ok(self.with_book(|book| {
            book.settle();
            book.issue(number).cloned()
        }))
    }

    /// Gives the item of the issue the project's option for a priority, if it has one.
    async fn set_priority(&self, issue: &Issue, priority: Priority) -> Result<(), GithubError> {
        let Some(project) = self.with_book(|book| book.project.clone()) else { return Ok(()) };
        let option = self.with_book(|book| book.priority_option(priority));
        let Some((field, option)) = option else { return Ok(()) };
        let known = self.with_book(|book| book.items.get(&issue.id).map(|item| item.id.clone()));
        let item = match known {
            Some(item) => item,
            None => self.api.add_item(&project, &issue.id).await?,
        };
        self.api.set_option(&project, &item, (&field, &option)).await
    }
}
