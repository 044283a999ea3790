//! Tasks of the built-in board as rows: what changed, by the event log, and what is left of tasks that were deleted.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    model::{Priority, Task, TaskStatus, UnixMillis, without_repeats},
    stores::{
        BoardPlace, StoreError, TaskChanges,
        sqlite::row::{json, word},
    },
};

/// More changed tasks than this are not looked up one by one.
const MOST_CHANGED: usize = 5_000;
/// The oldest event and the newest, each found at its end of the log (asked for together, they are looked for in all of it), and
/// how many tasks there are.
pub(in crate::stores::sqlite) const PLACE: &str = "SELECT COALESCE((SELECT MIN(sequence) FROM events), 0),
    COALESCE((SELECT MAX(sequence) FROM events), 0), (SELECT COUNT(*) FROM tasks WHERE workspace = ?1)";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get("id")?,
        key: format!("T-{}", row.get::<_, i64>("number")?),
        url: None,
        title: row.get("title")?,
        description: row.get("description")?,
        status: word(row, "status", TaskStatus::from_word)?,
        priority: word(row, "priority", Priority::from_word)?,
        labels: json(row, "labels")?,
        dependencies: without_repeats(json(row, "dependencies")?),
        assignee: row.get("assignee")?,
        estimate_minutes: row.get("estimate_minutes")?,
        created_at: UnixMillis(row.get("created_at")?),
        updated_at: UnixMillis(row.get("updated_at")?),
        moved_at: Some(UnixMillis(row.get("moved_at")?)),
        note: None,
    })
}

/// Tasks that changed after that event, or all of them when the log no longer goes back to it.
pub(super) fn changes(
    connection: &Connection,
    workspace: &str,
    since: Option<BoardPlace>,
) -> Result<TaskChanges, StoreError> {
    let (oldest, at) = connection.prepare_cached(PLACE)?.query_row([workspace], |row| {
        Ok((row.get::<_, i64>(0)?, BoardPlace { event: row.get(1)?, tasks: row.get(2)? }))
    })?;
    let changed = match since.filter(|since| oldest <= since.event + 1 && since.event <= at.event) {
        Some(since) => changed_ids(connection, workspace, since.event)?
            .filter(|ids| !ids.is_empty() || since.tasks == at.tasks),
        None => None,
    };
    let Some(ids) = changed else {
        return Ok(TaskChanges {
            tasks: every(connection, workspace)?,
            gone: Vec::new(),
            is_whole: true,
            at,
        });
    };
    let find = "SELECT * FROM tasks WHERE workspace = ?1 AND id = ?2";
    let mut find = connection.prepare_cached(find)?;
    let (mut tasks, mut gone) = (Vec::new(), Vec::new());
    for id in ids {
        match find.query_row([workspace, &id], read).optional()? {
            Some(task) => tasks.push(task),
            None => gone.push(id),
        }
    }
    Ok(TaskChanges { tasks, gone, is_whole: false, at })
}

/// `None`: too many.
fn changed_ids(
    connection: &Connection,
    workspace: &str,
    since: i64,
) -> Result<Option<Vec<String>>, StoreError> {
    let sql = "SELECT DISTINCT subject FROM events
        WHERE sequence > ?1 AND workspace = ?2 AND kind = 'task' LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![since, workspace, MOST_CHANGED as i64 + 1], |row| row.get(0))?;
    let ids = rows.collect::<Result<Vec<String>, _>>()?;
    Ok((ids.len() <= MOST_CHANGED).then_some(ids))
}

/// All tasks; closed ones without their description, which nobody looks at until somebody asks for that task.
fn every(connection: &Connection, workspace: &str) -> Result<Vec<Task>, StoreError> {
    let sql = "SELECT id, number, title,
        CASE WHEN status IN ('done', 'cancelled') THEN '' ELSE description END AS description, status, priority,
        labels, dependencies, assignee, estimate_minutes, created_at, updated_at, moved_at
        FROM tasks WHERE workspace = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([workspace], read)?.collect::<Result<_, _>>()?)
}

/// Removes a task with its comments, and notes that, so that its claim and completions can go later.
pub(super) fn delete(
    connection: &Connection,
    workspace: &str,
    task_id: &str,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let given = "INSERT INTO counters SELECT workspace, 'task_number', number FROM tasks
        WHERE workspace = ?1 AND id = ?2
        ON CONFLICT DO UPDATE SET value = MAX(value, excluded.value)";
    connection.prepare_cached(given)?.execute([workspace, task_id])?;
    let delete = "DELETE FROM tasks WHERE workspace = ?1 AND id = ?2";
    if connection.prepare_cached(delete)?.execute([workspace, task_id])? == 0 {
        return Ok(false);
    }
    let comments = "DELETE FROM comments WHERE workspace = ?1 AND task_id = ?2";
    connection.prepare_cached(comments)?.execute([workspace, task_id])?;
    let note = "INSERT OR REPLACE INTO deleted_tasks (workspace, id, deleted_at) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(note)?.execute(params![workspace, task_id, now.0])?;
    Ok(true)
}

/// Forgets claims and completions of tasks deleted before that moment, at most `limit` tasks. A claim that is still live
/// is left until it has ended.
pub(super) fn forget_deleted(
    connection: &Connection,
    workspace: &str,
    before: UnixMillis,
    limit: u32,
) -> Result<(), StoreError> {
    let find = "SELECT id FROM deleted_tasks WHERE +workspace = ?3 AND deleted_at < ?1 AND NOT EXISTS (
        SELECT 1 FROM claims WHERE claims.workspace = deleted_tasks.workspace AND task_id = deleted_tasks.id
        AND expires_at IS NOT NULL) LIMIT ?2";
    let mut find = connection.prepare_cached(find)?;
    let rows = find.query_map(params![before.0, limit, workspace], |row| row.get(0))?;
    for id in rows.collect::<Result<Vec<String>, _>>()? {
        for forget in [
            "DELETE FROM claims WHERE workspace = ?1 AND task_id = ?2",
            "DELETE FROM completions WHERE workspace = ?1 AND task_id = ?2",
            "DELETE FROM deleted_tasks WHERE workspace = ?1 AND id = ?2",
        ] {
            connection.prepare_cached(forget)?.execute([workspace, &id])?;
        }
    }
    Ok(())
}
