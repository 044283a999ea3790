//! The built-in board behind the seam. A task gets the id it is asked for under, so that asking again names the same row.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::error::LocalError;
use crate::{
    boards::{Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, Entail},
    clock::Clock,
    model::{NewTask, OwedWrite, Task, TaskStatus, UnixMillis, Workspace, WriteOutcome},
    stores::{BoardPlace, TaskChanges, TaskStore},
};

/// A workspace's built-in board.
pub struct LocalBoard {
    workspace: Workspace,
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
}

impl LocalBoard {
    /// The board of that workspace in that store.
    pub fn new(workspace: Workspace, store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Self {
        Self { workspace, store, clock }
    }
}

#[async_trait]
impl Board for LocalBoard {
    fn provider(&self) -> &'static str {
        "local"
    }

    fn describe(&self) -> BoardDescription {
        BoardDescription {
            provider: self.provider(),
            name: String::from("the built-in board"),
            url: None,
            statuses: TaskStatus::ALL.to_vec(),
        }
    }

    /// Every change is told of by the event log.
    fn whole_every(&self) -> Duration {
        Duration::from_secs(3600)
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        let tasks = self.store.tasks(&self.workspace, None).await.map_err(LocalError)?;
        let of = |status: TaskStatus| tasks.iter().filter(|task| task.status == status).count();
        let counts = TaskStatus::ALL.iter().map(|status| (*status, of(*status))).collect();
        Ok(BoardReport { counts, ..BoardReport::default() })
    }

    /// The cursor is a place in the event log, which tells of every change of this board, and how many tasks there were.
    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        let since = since.and_then(|Cursor(place)| {
            let (event, tasks) = place.split_once(' ')?;
            Some(BoardPlace { event: event.parse().ok()?, tasks: tasks.parse().ok()? })
        });
        let changes = self.store.task_changes(&self.workspace, since).await.map_err(LocalError)?;
        let TaskChanges { tasks, gone, is_whole, at } = changes;
        Ok(Changes {
            tasks,
            gone,
            is_whole,
            cursor: Cursor(format!("{} {}", at.event, at.tasks)),
            read_at: None,
        })
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        Ok(self.store.tasks(&self.workspace, Some(ids.to_vec())).await.map_err(LocalError)?)
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        Ok(self.store.task(&self.workspace, id_or_key).await.map_err(LocalError)?)
    }

    async fn create(&self, task: &NewTask, once: &str, entail: &Entail<'_>) -> Result<Created, BoardError> {
        let task = new_row(task, once, self.clock.now());
        let effects = entail(&task);
        let task = self.store.create_task(&self.workspace, task, effects).await.map_err(LocalError)?;
        Ok(Created { task, recorded: true, warnings: Vec::new() })
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        match self.store.write_tasks(owed.to_vec(), self.clock.now()).await {
            Ok(written) => written.into_iter().map(|written| written.ok_or(BoardError::NoSuchTask)).collect(),
            Err(error) => owed.iter().map(|_| Err(LocalError(error.clone()).into())).collect(),
        }
    }
}

fn new_row(task: &NewTask, id: &str, now: UnixMillis) -> Task {
    let task = task.clone();
    Task {
        id: id.to_owned(),
        key: String::new(),
        url: None,
        title: task.title,
        description: task.description,
        status: task.status,
        priority: task.priority,
        labels: task.labels,
        dependencies: task.dependencies,
        assignee: None,
        estimate_minutes: task.estimate_minutes,
        created_at: now,
        updated_at: now,
        moved_at: Some(UnixMillis(0)),
        note: None,
    }
}
