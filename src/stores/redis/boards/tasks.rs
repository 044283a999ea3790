//! The built-in board.

use async_trait::async_trait;

use super::task_row::{TaskRow, key, number_of};
use crate::{
    model::{
        BoardWrite, Claim, Effects, Moment, OwedWrite, StoreMillis, Task, UnixMillis, Workspace,
        WriteOutcome, shown_status,
    },
    stores::{
        BoardPlace, Edited, SeenTask, StoreError, TaskChanges, TaskEdit, TaskStore,
        redis::{
            RedisStore,
            change::{ATTEMPTS, Change},
            row::{json, to_json, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(CREATE, "boards/create");
script!(WRITE, "boards/write");

/// Whether a task is as a person saw it, given the claim on it.
fn is_as_seen(task: &Task, claim: Option<Claim>, seen: &SeenTask, at: StoreMillis) -> bool {
    let status = shown_status(task.status, claim.as_ref(), at);
    let holder = claim.filter(|claim| claim.is_live(at)).map(|claim| (claim.agent_id, claim.generation));
    status == seen.status
        && task.assignee == seen.assignee
        && task.dependencies == seen.dependencies
        && holder == seen.holder
}

fn created(arguments: ScriptArguments, task: &Task) -> ScriptArguments {
    let (head, rest) = TaskRow::of_new(task);
    arguments.bytes(task.id.as_str()).bytes(head).bytes(rest)
}

fn written(arguments: ScriptArguments, owed: &OwedWrite, now: UnixMillis) -> ScriptArguments {
    let entry = &owed.entry;
    let (status, comment) = match &entry.write {
        BoardWrite::Move { status } => (status.as_str(), None),
        BoardWrite::Comment { text, .. } | BoardWrite::Progress { text, .. } => ("", Some(text)),
    };
    let row = |text| format!("{}\n{}\n{}", owed.sequence, now.0, to_json(text));
    arguments
        .bytes(entry.task_id.as_str())
        .number(owed.sequence)
        .bytes(status)
        .optional(entry.moved_at.map(|at| at.0))
        .number(entry.at.0)
        .bytes(comment.map_or("", |_| entry.id.as_str()))
        .bytes(comment.map(row).unwrap_or_default())
}

/// A comment with its place: the outbox entry's number, the moment it was written, the entry's id.
fn comment((id, row): (String, String)) -> Result<((i64, i64, String), String), StoreError> {
    let mut head = row.split('\n').map(str::parse);
    let (Some(Ok(sequence)), Some(Ok(at))) = (head.next(), head.next()) else {
        return Err(unreadable("comment"));
    };
    Ok(((sequence, at, id), json(&row, "comment")?))
}

/// What a person does to a task.
enum Deed {
    Edit(TaskEdit),
    Delete(Moment),
}

impl RedisStore {
    async fn task_row(&self, workspace: &Workspace, id: &str) -> Result<Option<String>, StoreError> {
        self.field(workspace, "tasks", id).await
    }

    async fn field(&self, workspace: &Workspace, hash: &str, id: &str) -> Result<Option<String>, StoreError> {
        self.link.send(redis::cmd("HGET").arg(self.name(workspace, hash)).arg(id)).await
    }

    /// Does something to a task while it, and its claim if a person saw that, are as they are now.
    async fn do_to_task(
        &self,
        workspace: &Workspace,
        id: &str,
        (deed, seen): (Deed, Option<SeenTask>),
        effects: Effects,
    ) -> Result<Edited, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(row) = self.task_row(workspace, id).await? else { return Ok(Edited::Gone) };
            let mut known = TaskRow::read(id, &row)?;
            let mut change = Change::default().while_row("tasks", id, Some(&row));
            let at = match &deed {
                Deed::Edit(edit) => edit.at,
                Deed::Delete(at) => *at,
            };
            if let Some(seen) = &seen {
                let claim = self.field(workspace, "claims", id).await?;
                change = change.while_row("claims", id, claim.as_deref());
                let claim = claim.map(|row| json(&row, "claim")).transpose()?;
                if !is_as_seen(&TaskRow::read(id, &row)?.into_task(), claim, seen, at.store) {
                    return Ok(Edited::Changed);
                }
            }
            let change = match &deed {
                Deed::Edit(edit) => {
                    known.edit(edit);
                    change.put("tasks", id, &known.row())
                }
                Deed::Delete(at) => change
                    .drop_row("tasks", id)
                    .drop_row("numbers", &known.number.to_string())
                    .command("UNLINK", &format!("c:{id}"), &[])
                    .place("deleted", id, at.wall.0),
            };
            if self.change(workspace, change, &effects).await? {
                return Ok(Edited::Done(Box::new(known.into_task())));
            }
        }
        Err(StoreError::Busy)
    }

    async fn create(
        &self,
        workspace: &Workspace,
        (tasks, only_first): (&[Task], bool),
        effects: &Effects,
    ) -> Result<(bool, Option<String>), StoreError> {
        let arguments = ScriptArguments::default().number(only_first.into()).each(tasks, created).effects(
            &self.audit,
            workspace,
            effects,
        );
        self.run(workspace, &CREATE, arguments).await
    }
}

#[async_trait]
impl TaskStore for RedisStore {
    async fn create_task(
        &self,
        workspace: &Workspace,
        mut task: Task,
        effects: Effects,
    ) -> Result<Task, StoreError> {
        let made = self.create(workspace, (std::slice::from_ref(&task), false), &effects).await?;
        match made {
            (true, Some(number)) => {
                task.key = key(number);
                Ok(task)
            }
            (_, known) => {
                let known = known.ok_or_else(|| unreadable("task"))?;
                Ok(TaskRow::read(&task.id, &known)?.into_task())
            }
        }
    }

    async fn seed_board(
        &self,
        workspace: &Workspace,
        tasks: Vec<Task>,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        Ok(self.create(workspace, (&tasks, true), &effects).await?.0)
    }

    async fn task_changes(
        &self,
        workspace: &Workspace,
        since: Option<BoardPlace>,
    ) -> Result<TaskChanges, StoreError> {
        self.changes_since(workspace, since).await
    }

    async fn tasks(&self, workspace: &Workspace, ids: Option<Vec<String>>) -> Result<Vec<Task>, StoreError> {
        let rows = self.values(workspace, "tasks", ids.as_deref()).await?;
        if let Some(ids) = ids {
            let found = ids.iter().filter_map(|id| Some(TaskRow::read(id, rows.get(id)?)));
            return found.map(|row| row.map(TaskRow::into_task)).collect();
        }
        let rows = rows.iter().map(|(id, row)| TaskRow::read(id, row));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.sort_unstable_by_key(|row| row.number);
        Ok(rows.into_iter().map(TaskRow::into_task).collect())
    }

    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, StoreError> {
        if let Some(row) = self.task_row(workspace, id_or_key).await? {
            return TaskRow::read(id_or_key, &row).map(|row| Some(row.into_task()));
        }
        let Some(number) = number_of(id_or_key) else { return Ok(None) };
        let Some(id) = self.field(workspace, "numbers", &number.to_string()).await? else { return Ok(None) };
        let row = self.task_row(workspace, &id).await?;
        row.map(|row| TaskRow::read(&id, &row).map(TaskRow::into_task)).transpose()
    }

    async fn edit_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        mut edit: TaskEdit,
        effects: Effects,
    ) -> Result<Edited, StoreError> {
        let seen = edit.seen.take();
        self.do_to_task(workspace, task_id, (Deed::Edit(edit), seen), effects).await
    }

    async fn delete_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        (seen, at): (Option<SeenTask>, Moment),
        effects: Effects,
    ) -> Result<Edited, StoreError> {
        self.do_to_task(workspace, task_id, (Deed::Delete(at), seen), effects).await
    }

    async fn forget_deleted(
        &self,
        workspace: &Workspace,
        before: UnixMillis,
        limit: u32,
    ) -> Result<(), StoreError> {
        self.forget_what_is_left(workspace, before, limit as usize).await
    }

    async fn write_tasks(
        &self,
        owed: Vec<OwedWrite>,
        now: UnixMillis,
    ) -> Result<Vec<Option<WriteOutcome>>, StoreError> {
        let Some(first) = owed.first() else { return Ok(Vec::new()) };
        let arguments = ScriptArguments::default()
            .number(now.0)
            .each(&owed, |arguments, owed| written(arguments, owed, now));
        let (outcomes,): (Vec<u8>,) = self.run(&first.entry.workspace, &WRITE, arguments).await?;
        let outcome = |word| match word {
            1 => Some(WriteOutcome::Written),
            2 => Some(WriteOutcome::Superseded),
            _ => None,
        };
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.values(workspace, &format!("c:{task_id}"), None).await?;
        let mut found = rows.into_iter().map(comment).collect::<Result<Vec<_>, _>>()?;
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, text)| text).collect())
    }
}
