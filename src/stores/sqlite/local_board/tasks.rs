//! The built-in board.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::changes::{changes, delete, forget_deleted, read};
use crate::{
    model::{
        BoardWrite, Effects, Moment, OwedWrite, Task, TaskStatus, UnixMillis, Workspace, WriteOutcome,
        shown_status,
    },
    stores::{
        BoardPlace, Edited, SeenTask, StoreError, TaskChanges, TaskEdit, TaskStore,
        sqlite::{SqliteStore, claims::newest_claim, effects::append, row::to_json},
    },
};

fn insert(connection: &Connection, workspace: &str, task: &Task) -> Result<i64, StoreError> {
    // A number is given once: people and agents go on naming a task that was deleted.
    let next = "SELECT MAX(COALESCE((SELECT MAX(number) FROM tasks WHERE workspace = ?1), 0),
        COALESCE((SELECT value FROM counters WHERE workspace = ?1 AND name = 'task_number'), 0)) + 1";
    let number: i64 = connection.prepare_cached(next)?.query_row([workspace], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO tasks (workspace, id, number, title, description, status, priority, labels, dependencies,
             assignee, estimate_minutes, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            workspace,
            task.id,
            number,
            task.title,
            task.description,
            task.status.as_str(),
            task.priority.as_str(),
            to_json(&task.labels),
            to_json(&task.dependencies),
            task.assignee,
            task.estimate_minutes,
            task.created_at.0,
            task.updated_at.0
        ])?;
    mark(connection, workspace)?;
    Ok(number)
}

fn find(connection: &Connection, workspace: &str, id: &str) -> Result<Option<Task>, StoreError> {
    let sql = "SELECT * FROM tasks WHERE workspace = ?1 AND id = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([workspace, id], read).optional()?)
}

/// Notes that the board has, or had, tasks; `false` when that was noted before.
fn mark(connection: &Connection, workspace: &str) -> Result<bool, StoreError> {
    let sql = "INSERT OR IGNORE INTO marks (workspace, name) VALUES (?1, 'board')";
    Ok(connection.prepare_cached(sql)?.execute([workspace])? > 0)
}

fn edit_row(
    connection: &Connection,
    workspace: &str,
    task_id: &str,
    edit: &TaskEdit,
) -> Result<(), StoreError> {
    let moves = edit.status.is_some() || edit.assignee.is_some();
    connection
        .prepare_cached(
            "UPDATE tasks SET status = COALESCE(?3, status), assignee = CASE WHEN ?4 THEN ?5 ELSE assignee END,
             dependencies = COALESCE(?6, dependencies), moved_at = CASE WHEN ?7 THEN MAX(moved_at + 1, ?8) ELSE moved_at END,
             updated_at = MAX(updated_at + 1, ?8) WHERE workspace = ?1 AND id = ?2",
        )?
        .execute(params![
            workspace,
            task_id,
            edit.status.map(TaskStatus::as_str),
            edit.assignee.is_some(),
            edit.assignee.as_ref().and_then(Option::as_ref),
            edit.dependencies.as_ref().map(to_json),
            moves,
            edit.at.wall.0
        ])?;
    Ok(())
}

/// Whether a task is as a person saw it.
fn is_as_seen(
    connection: &Connection,
    workspace: &str,
    task: &Task,
    (seen, at): (Option<&SeenTask>, Moment),
) -> Result<bool, StoreError> {
    let Some(seen) = seen else { return Ok(true) };
    let claim = newest_claim(connection, workspace, &task.id)?;
    let status = shown_status(task.status, claim.as_ref(), at.store);
    let holder =
        claim.filter(|claim| claim.is_live(at.store)).map(|claim| (claim.agent_id, claim.generation));
    Ok(status == seen.status
        && task.assignee == seen.assignee
        && task.dependencies == seen.dependencies
        && holder == seen.holder)
}

/// A write counts if it comes after every earlier one; a move also yields to a person's later one.
fn write_row(
    connection: &Connection,
    owed: &OwedWrite,
    now: UnixMillis,
) -> Result<Option<WriteOutcome>, StoreError> {
    let entry = &owed.entry;
    let (workspace, task_id) = (entry.workspace.as_str(), entry.task_id.as_str());
    let find = "SELECT written, moved_at FROM tasks WHERE workspace = ?1 AND id = ?2";
    let found: Option<(i64, i64)> = connection
        .prepare_cached(find)?
        .query_row([workspace, task_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((written, moved_at)) = found else { return Ok(None) };
    let is_move = matches!(entry.write, BoardWrite::Move { .. });
    // One that was decided before versions of moves were kept knows only when that was.
    let superseded = is_move && entry.moved_at.map_or(moved_at >= entry.at.0, |known| moved_at > known.0);
    if written < owed.sequence && !superseded {
        let status = match &entry.write {
            BoardWrite::Move { status } => Some(status.as_str()),
            BoardWrite::Comment { text, .. } | BoardWrite::Progress { text, .. } => {
                connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO comments (workspace, task_id, id, text, created_at, sequence)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![workspace, task_id, entry.id, text, now.0, owed.sequence])?;
                None
            }
        };
        connection
            .prepare_cached(
                "UPDATE tasks SET written = ?3, status = COALESCE(?4, status),
                 updated_at = MAX(updated_at + 1, ?5) WHERE workspace = ?1 AND id = ?2",
            )?
            .execute(params![workspace, task_id, owed.sequence, status, now.0])?;
    }
    Ok(Some(if superseded { WriteOutcome::Superseded } else { WriteOutcome::Written }))
}

#[async_trait]
impl TaskStore for SqliteStore {
    async fn create_task(
        &self,
        workspace: &Workspace,
        mut task: Task,
        effects: Effects,
    ) -> Result<Task, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                if let Some(known) = find(connection, workspace.as_str(), &task.id)? {
                    return Ok(known);
                }
                let number = insert(connection, workspace.as_str(), &task)?;
                task.key = format!("T-{number}");
                append(connection, workspace.as_str(), &effects)?;
                Ok(task)
            })
            .await
    }

    async fn seed_board(
        &self,
        workspace: &Workspace,
        tasks: Vec<Task>,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                if !mark(connection, workspace.as_str())? {
                    return Ok(false);
                }
                for task in &tasks {
                    insert(connection, workspace.as_str(), task)?;
                }
                append(connection, workspace.as_str(), &effects)?;
                Ok(true)
            })
            .await
    }

    async fn task_changes(
        &self,
        workspace: &Workspace,
        since: Option<BoardPlace>,
    ) -> Result<TaskChanges, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| changes(connection, workspace.as_str(), since)).await
    }

    async fn tasks(&self, workspace: &Workspace, ids: Option<Vec<String>>) -> Result<Vec<Task>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let Some(ids) = ids else {
                let all = "SELECT * FROM tasks WHERE workspace = ?1 ORDER BY number";
                let mut statement = connection.prepare_cached(all)?;
                return Ok(statement.query_map([workspace.as_str()], read)?.collect::<Result<_, _>>()?);
            };
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(find(connection, workspace.as_str(), &id)?);
            }
            Ok(found)
        })
        .await
    }

    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, StoreError> {
        let (workspace, id) = (workspace.clone(), id_or_key.to_owned());
        self.read(move |connection| {
            let number: Option<i64> = id.strip_prefix("T-").and_then(|digits| digits.parse().ok());
            let sql = "SELECT * FROM tasks WHERE workspace = ?1 AND (id = ?2 OR number = ?3)";
            let parameters = params![workspace.as_str(), id, number];
            Ok(connection.prepare_cached(sql)?.query_row(parameters, read).optional()?)
        })
        .await
    }

    async fn edit_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        edit: TaskEdit,
        effects: Effects,
    ) -> Result<Edited, StoreError> {
        let (workspace, task_id) = (workspace.clone(), task_id.to_owned());
        self.writer
            .write(false, move |connection| {
                let workspace = workspace.as_str();
                let Some(before) = find(connection, workspace, &task_id)? else { return Ok(Edited::Gone) };
                if !is_as_seen(connection, workspace, &before, (edit.seen.as_ref(), edit.at))? {
                    return Ok(Edited::Changed);
                }
                edit_row(connection, workspace, &task_id, &edit)?;
                append(connection, workspace, &effects)?;
                let after = find(connection, workspace, &task_id)?;
                Ok(after.map_or(Edited::Gone, |task| Edited::Done(Box::new(task))))
            })
            .await
    }

    async fn delete_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        (seen, at): (Option<SeenTask>, Moment),
        effects: Effects,
    ) -> Result<Edited, StoreError> {
        let (workspace, task_id) = (workspace.clone(), task_id.to_owned());
        self.writer
            .write(false, move |connection| {
                let workspace = workspace.as_str();
                let Some(before) = find(connection, workspace, &task_id)? else { return Ok(Edited::Gone) };
                if !is_as_seen(connection, workspace, &before, (seen.as_ref(), at))? {
                    return Ok(Edited::Changed);
                }
                delete(connection, workspace, &task_id, at.wall)?;
                append(connection, workspace, &effects)?;
                Ok(Edited::Done(Box::new(before)))
            })
            .await
    }

    async fn forget_deleted(
        &self,
        workspace: &Workspace,
        before: UnixMillis,
        limit: u32,
    ) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| forget_deleted(connection, workspace.as_str(), before, limit))
            .await
    }

    async fn write_tasks(
        &self,
        owed: Vec<OwedWrite>,
        now: UnixMillis,
    ) -> Result<Vec<Option<WriteOutcome>>, StoreError> {
        self.writer
            .write(false, move |connection| {
                owed.iter().map(|owed| write_row(connection, owed, now)).collect()
            })
            .await
    }

    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError> {
        let (workspace, task_id) = (workspace.clone(), task_id.to_owned());
        self.read(move |connection| {
            let sql =
                "SELECT text FROM comments WHERE workspace = ?1 AND task_id = ?2 ORDER BY sequence, created_at, id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([workspace.as_str(), task_id.as_str()], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
