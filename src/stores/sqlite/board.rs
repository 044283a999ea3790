//! The built-in board.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    SqliteStore,
    effects::append,
    row::{json, to_json, word},
};
use crate::{
    model::{BoardWrite, Effects, OutboxEntry, Priority, Task, TaskStatus, UnixMillis, Workspace},
    stores::{LocalBoard, StoreError},
};

fn read(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get("id")?,
        key: format!("T-{}", row.get::<_, i64>("number")?),
        url: None,
        title: row.get("title")?,
        description: row.get("description")?,
        status: word(row, "status", TaskStatus::from_word)?,
        priority: word(row, "priority", Priority::from_word)?,
        labels: json(row, "labels")?,
        dependencies: json(row, "dependencies")?,
        assignee: row.get("assignee")?,
        estimate_minutes: row.get("estimate_minutes")?,
        created_at: UnixMillis(row.get("created_at")?),
        updated_at: UnixMillis(row.get("updated_at")?),
    })
}

fn insert(connection: &Connection, workspace: &str, task: &Task) -> Result<i64, StoreError> {
    let next = "SELECT COALESCE(MAX(number), 0) + 1 FROM tasks WHERE workspace = ?1";
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

/// Notes that the board has, or had, tasks; `false` when that was noted before.
fn mark(connection: &Connection, workspace: &str) -> Result<bool, StoreError> {
    let sql = "INSERT OR IGNORE INTO marks (workspace, name) VALUES (?1, 'board')";
    Ok(connection.prepare_cached(sql)?.execute([workspace])? > 0)
}

#[async_trait]
impl LocalBoard for SqliteStore {
    async fn create_task(
        &self,
        workspace: &Workspace,
        mut task: Task,
        effects: Effects,
    ) -> Result<Task, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
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

    async fn tasks(&self, workspace: &Workspace) -> Result<Vec<Task>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM tasks WHERE workspace = ?1 ORDER BY number")?;
            let rows = statement.query_map([workspace.as_str()], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
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

    async fn write_task(&self, entry: &OutboxEntry, now: UnixMillis) -> Result<bool, StoreError> {
        let entry = entry.clone();
        self.writer
            .write(false, move |connection| {
                let (workspace, task_id) = (entry.workspace.as_str(), entry.task_id.as_str());
                let touched = match entry.write {
                    BoardWrite::Move { status } => connection
                        .prepare_cached(
                            "UPDATE tasks SET status = ?3, updated_at = ?4 WHERE workspace = ?1 AND id = ?2",
                        )?
                        .execute(params![workspace, task_id, status.as_str(), now.0])?,
                    BoardWrite::Comment { text } => {
                        connection
                            .prepare_cached("INSERT OR IGNORE INTO comments VALUES (?1, ?2, ?3, ?4, ?5)")?
                            .execute(params![workspace, task_id, entry.id, text, now.0])?;
                        connection
                            .prepare_cached(
                                "UPDATE tasks SET updated_at = ?3 WHERE workspace = ?1 AND id = ?2",
                            )?
                            .execute(params![workspace, task_id, now.0])?
                    }
                };
                Ok(touched > 0)
            })
            .await
    }

    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError> {
        let (workspace, task_id) = (workspace.clone(), task_id.to_owned());
        self.read(move |connection| {
            let sql =
                "SELECT text FROM comments WHERE workspace = ?1 AND task_id = ?2 ORDER BY created_at, id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([workspace.as_str(), task_id.as_str()], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
