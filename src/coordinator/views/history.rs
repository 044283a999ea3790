//! What happened to a task, told newest first. Grants are counted from the first, so that a lost lease is told in one place.

use super::telling::Telling;
use crate::{
    coordinator::{Coordinator, CoordinatorError},
    model::{Code, HistoryAction, Workspace},
    stores::{HistoryOf, MOST_HISTORY_OF_TASK, StoredHistory},
};

/// A thing that happened, with its words.
#[derive(Clone, Debug)]
pub struct ToldEntry {
    /// The entry.
    pub stored: StoredHistory,
    /// The grant of the task it is of, from 1; `None` before the first.
    pub grant: Option<usize>,
    /// Its words.
    pub telling: Telling,
}

/// What happened to a task.
#[derive(Clone, Debug)]
pub struct TaskHistory {
    /// The task's id; it may be gone.
    pub task_id: String,
    /// All that is kept, newest first.
    pub entries: Vec<ToldEntry>,
}

impl Coordinator {
    /// What happened to a task, by id or key. One that was deleted has its history for a month.
    pub async fn task_history(
        &self,
        workspace: &Workspace,
        id_or_key: &str,
    ) -> Result<TaskHistory, CoordinatorError> {
        let (task_id, gone) = match self.card(workspace, id_or_key).await {
            Ok(card) => (card.task.id.clone(), None),
            Err(error) if error.code() == Code::TaskNotFound => (id_or_key.to_owned(), Some(error)),
            Err(error) => return Err(error),
        };
        let mut history = self.of_task(workspace, task_id.clone()).await?;
        if let Some(gone) = gone.filter(|_| history.is_empty()) {
            let of = HistoryOf::Deleted(id_or_key.to_owned());
            let last = self.parts.history.history(workspace, of, None, 1).await?.into_iter().next();
            history = self.of_task(workspace, last.ok_or(gone)?.entry.task_id).await?;
        }
        let newest = history.first().map(|stored| stored.entry.task_id.clone());
        Ok(TaskHistory { task_id: newest.unwrap_or(task_id), entries: told(history) })
    }

    async fn of_task(
        &self,
        workspace: &Workspace,
        task_id: String,
    ) -> Result<Vec<StoredHistory>, CoordinatorError> {
        let of = HistoryOf::Task(task_id);
        Ok(self.parts.history.history(workspace, of, None, MOST_HISTORY_OF_TASK).await?)
    }
}

/// The history of one task, newest first, in words.
fn told(history: Vec<StoredHistory>) -> Vec<ToldEntry> {
    let is_grant = |stored: &StoredHistory| stored.entry.action == HistoryAction::Granted;
    let all = history.iter().filter(|stored| is_grant(stored)).count();
    let mut left = all;
    let told = history.into_iter().map(|stored| {
        let grant = Some(left).filter(|left| *left > 0);
        left -= usize::from(is_grant(&stored));
        ToldEntry { telling: Telling::of(&stored.entry, grant.map(|grant| (grant, all))), grant, stored }
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HistoryEntry, UnixMillis};

    #[test]
    fn what_happened_is_of_the_grant_before_it() {
        use HistoryAction::{Completed, Created, Granted, LeaseEnded, Moved};
        let actions = [Moved, Completed, Granted, LeaseEnded, Granted, Created];
        let entry = |action| HistoryEntry::of_task("t", action, "key", UnixMillis(0));
        let history = actions.map(|action| StoredHistory { sequence: 0, entry: entry(action) });
        let told = told(history.into());
        let grants: Vec<_> = told.iter().map(|entry| entry.grant).collect();
        assert_eq!(grants, [Some(2), Some(2), Some(2), Some(1), Some(1), None]);
        assert_eq!(told[4].telling.sentence("it"), "key got it: grant 1 of 2.");
    }
}
