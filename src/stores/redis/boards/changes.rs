//! What changed on the built-in board, by the event log.

use std::collections::HashSet;

use super::task_row::TaskRow;
use crate::{
    model::{EventKind, Task, Workspace},
    stores::{
        BoardPlace, StoreError, TaskChanges, TaskStore,
        redis::{
            RedisStore,
            effects::EventRow,
            row::{json, unreadable},
        },
    },
};

/// More changed tasks than this are not looked up one by one.
const MOST_CHANGED: usize = 5_000;
/// Events read at once.
const PART: usize = 500;

/// An event as the server has it: its id, and fields with their values.
type LoggedEvent = (String, Vec<String>);

impl RedisStore {
    /// Tasks that changed after that place, or all of them when the log no longer tells of it.
    pub(super) async fn changes_since(
        &self,
        workspace: &Workspace,
        since: Option<BoardPlace>,
    ) -> Result<TaskChanges, StoreError> {
        // In this order: what is written in between is told by an event after the place, and is read again from there.
        let at = self.board_place(workspace).await?;
        let changed = match since {
            Some(since) => self
                .changed_ids(workspace, since.event, at.event)
                .await?
                .filter(|ids| !ids.is_empty() || since.tasks == at.tasks),
            None => None,
        };
        let Some(ids) = changed else {
            let mut tasks = self.tasks(workspace, None).await?;
            // Nobody looks at these until somebody asks for that task.
            tasks.iter_mut().filter(|task| task.is_closed()).for_each(|task| task.description.clear());
            return Ok(TaskChanges { tasks, gone: Vec::new(), is_whole: true, at });
        };
        let rows = self.values(workspace, "tasks", Some(&ids)).await?;
        let tasks = rows.iter().map(|(id, row)| TaskRow::read(id, row).map(TaskRow::into_task));
        let tasks = tasks.collect::<Result<Vec<Task>, _>>()?;
        let gone = ids.into_iter().filter(|id| !rows.contains_key(id)).collect();
        Ok(TaskChanges { tasks, gone, is_whole: false, at })
    }

    async fn board_place(&self, workspace: &Workspace) -> Result<BoardPlace, StoreError> {
        let mut asked = redis::pipe();
        asked.cmd("HGET").arg(self.name(workspace, "seq")).arg("event");
        asked.cmd("HLEN").arg(self.name(workspace, "tasks"));
        let (event, tasks): (Option<i64>, i64) =
            self.link.ask(async |connection| asked.query_async(connection).await).await?;
        Ok(BoardPlace { event: event.unwrap_or(0), tasks })
    }

    /// Ids of the tasks that events after `since` are about. `None`: too many, or the log does not have all of these events: they
    /// are numbered without a gap.
    async fn changed_ids(
        &self,
        workspace: &Workspace,
        since: i64,
        newest: i64,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let (mut last, mut seen, mut ids) = (since, HashSet::new(), Vec::new());
        if since > newest {
            return Ok(None);
        }
        while last < newest {
            let mut part = redis::cmd("XRANGE");
            part.arg(self.name(workspace, "events")).arg(format!("{}-0", last + 1)).arg("+");
            part.arg("COUNT").arg(PART);
            let events: Vec<LoggedEvent> = self.link.send(&part).await?;
            if events.is_empty() {
                return Ok(None);
            }
            for (id, fields) in &events {
                let row: EventRow<'_> =
                    fields.get(1).map_or_else(|| Err(unreadable("event")), |row| json(row, "event"))?;
                last += 1;
                if id.split_once('-').map(|(number, _)| number) != Some(last.to_string().as_str()) {
                    return Ok(None);
                }
                if row.kind == EventKind::Task.as_str() && seen.insert(row.subject.to_string()) {
                    ids.push(row.subject.into_owned());
                }
            }
            if ids.len() > MOST_CHANGED {
                return Ok(None);
            }
        }
        Ok(Some(ids))
    }
}
