//! One task as a person looks at it: how it stands, why it is offered or not, what waits for it, and what happened to it.

use crate::{
    coordinator::{
        Coordinator, CoordinatorError,
        mirror::{Reason, TaskCard},
    },
    model::Workspace,
    stores::{HistoryOf, SeenTask, StoredHistory},
};

/// Tasks that are named that it waits for: as many as a form may name, so that none is lost by sending one unchanged.
const MOST_TIED: usize = 100;

/// A task that another one waits for, or that waits for another one.
#[derive(Clone, Debug)]
pub struct TiedTask {
    /// What people call it.
    pub key: String,
    /// Its title; nothing of a task the board does not know.
    pub title: String,
    /// Whether nothing more is to be done about it.
    pub is_closed: bool,
}

/// A task as a person looks at it.
#[derive(Clone, Debug)]
pub struct TaskSight {
    /// The task, whole.
    pub card: TaskCard,
    /// Why it is offered or not.
    pub reason: Reason,
    /// What it waits for, 100 at most.
    pub waits_for: Vec<TiedTask>,
    /// How many open tasks wait for it.
    pub unblocks: u32,
}

impl TaskSight {
    /// What whoever decides something about it has before their eyes.
    pub fn seen(&self) -> SeenTask {
        self.card.seen()
    }
}

impl Coordinator {
    /// A task by id or key.
    pub async fn look(&self, workspace: &Workspace, id_or_key: &str) -> Result<TaskSight, CoordinatorError> {
        let card = self.whole_card(workspace, id_or_key).await?;
        let mirror = self.mirrors.of(workspace).await?;
        let now = self.now();
        let (reason, waits_for, unblocks) = mirror.with(|picture| {
            let tied = |id: &String| {
                let card = picture.card(id, now);
                card.map_or_else(
                    || TiedTask { key: id.clone(), title: String::new(), is_closed: false },
                    |card| TiedTask {
                        key: card.task.key.clone(),
                        title: card.task.title.clone(),
                        is_closed: card.status.is_closed(),
                    },
                )
            };
            let waits_for: Vec<_> = card.task.dependencies.iter().take(MOST_TIED).map(tied).collect();
            (picture.reason(&card.task.id, now), waits_for, picture.waiting_for(&card.task.id))
        });
        let reason = reason.ok_or_else(|| CoordinatorError::TaskNotFound(id_or_key.to_owned()))?;
        Ok(TaskSight { card, reason, waits_for, unblocks })
    }

    /// Why a task is offered or not, as far as the picture knows.
    pub async fn reason(
        &self,
        workspace: &Workspace,
        task_id: &str,
    ) -> Result<Option<Reason>, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        Ok(mirror.with(|picture| picture.reason(task_id, self.now())))
    }

    /// What happened to a task, by its id, or to an agent; newest first, at most `limit` before that place. A task that is gone
    /// still has its history, for a month.
    pub async fn history(
        &self,
        workspace: &Workspace,
        of: HistoryOf,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredHistory>, CoordinatorError> {
        Ok(self.parts.history.history(workspace, of, before, limit).await?)
    }
}
