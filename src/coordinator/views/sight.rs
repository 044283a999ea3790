//! One task as a person looks at it: how it stands, why it is offered or not, what waits for it, and what happened to it.

use crate::{
    coordinator::{
        Coordinator, CoordinatorError,
        mirror::{Picture, Reason, TaskCard},
    },
    model::{Moment, Workspace},
    stores::{HistoryOf, SeenTask, StoredHistory},
};

/// Tasks that are named that it waits for: as many as a form may name, so that none is lost by sending one unchanged.
const MOST_TIED: usize = 100;

/// A task that another one waits for, or that waits for another one.
#[derive(Clone, Debug)]
pub struct TiedTask {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub key: String,
    /// Its title; nothing of a task the board does not know.
    pub title: String,
    /// Whether nothing more is to be done about it.
    pub is_closed: bool,
}

impl TiedTask {
    /// Whether the board knows it.
    pub const fn is_known(&self) -> bool {
        !self.title.is_empty()
    }
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

fn tied(picture: &Picture, id: &str, now: Moment) -> TiedTask {
    let card = picture.card(id, now);
    card.map_or_else(
        || TiedTask { id: id.to_owned(), key: id.to_owned(), title: String::new(), is_closed: false },
        |card| TiedTask {
            id: card.task.id.clone(),
            key: card.task.key.clone(),
            title: card.task.title.clone(),
            is_closed: card.status.is_closed(),
        },
    )
}

impl Coordinator {
    /// A task by id or key.
    pub async fn look(&self, workspace: &Workspace, id_or_key: &str) -> Result<TaskSight, CoordinatorError> {
        let card = self.whole_card(workspace, id_or_key).await?;
        let mirror = self.mirrors.of(workspace).await?;
        let now = self.now();
        let (reason, waits_for, unblocks) = mirror.with(|picture| {
            let waits_for = card.task.dependencies.iter().take(MOST_TIED);
            let waits_for: Vec<_> = waits_for.map(|id| tied(picture, id, now)).collect();
            (picture.reason(&card.task.id, now), waits_for, picture.waiting_for(&card.task.id))
        });
        let reason = reason.ok_or_else(|| CoordinatorError::TaskNotFound(id_or_key.to_owned()))?;
        Ok(TaskSight { card, reason, waits_for, unblocks })
    }

    /// The tasks of those ids, 100 at most, without those that are not on the board.
    pub async fn known(
        &self,
        workspace: &Workspace,
        ids: &[String],
    ) -> Result<Vec<TiedTask>, CoordinatorError> {
        let (mirror, now) = (self.mirrors.of(workspace).await?, self.now());
        let all = ids.iter().take(MOST_TIED);
        let all = mirror.with(|picture| all.map(|id| tied(picture, id, now)).collect::<Vec<_>>());
        Ok(all.into_iter().filter(TiedTask::is_known).collect())
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
