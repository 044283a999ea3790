//! The built-in board behind the seam.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    boards::{Board, BoardError, Changes, Cursor},
    clock::Clock,
    model::{Effects, NewTask, Task, UnixMillis, Workspace},
    stores::{BoardPlace, TakenEntry, TaskChanges, TaskStore, Written},
};

/// The built-in board.
pub struct LocalBoard {
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
}

impl LocalBoard {
    /// A board in that store.
    pub fn new(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl Board for LocalBoard {
    fn provider(&self) -> &'static str {
        "local"
    }

    /// The cursor is a place in the event log, which tells of every change of this board, and how many tasks there were.
    async fn changes(&self, workspace: &Workspace, since: Option<Cursor>) -> Result<Changes, BoardError> {
        let since = since.and_then(|Cursor(place)| {
            let (event, tasks) = place.split_once(' ')?;
            Some(BoardPlace { event: event.parse().ok()?, tasks: tasks.parse().ok()? })
        });
        let TaskChanges { tasks, gone, is_whole, at } = self.store.task_changes(workspace, since).await?;
        Ok(Changes { tasks, gone, is_whole, cursor: Cursor(format!("{} {}", at.event, at.tasks)) })
    }

    async fn tasks(&self, workspace: &Workspace, ids: Vec<String>) -> Result<Vec<Task>, BoardError> {
        Ok(self.store.tasks(workspace, Some(ids)).await?)
    }

    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        Ok(self.store.task(workspace, id_or_key).await?)
    }

    async fn create(
        &self,
        workspace: &Workspace,
        id: String,
        task: NewTask,
        effects: Effects,
    ) -> Result<Task, BoardError> {
        let now = self.clock.now();
        let task = Task {
            id,
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
        };
        Ok(self.store.create_task(workspace, task, effects).await?)
    }

    async fn deliver(&self, entries: &[TakenEntry]) -> Vec<Result<Written, BoardError>> {
        match self.store.write_tasks(entries.to_vec(), self.clock.now()).await {
            Ok(written) => written.into_iter().map(Ok).collect(),
            Err(error) => entries.iter().map(|_| Err(error.clone().into())).collect(),
        }
    }
}
