//! The picture of a board elsewhere: a row for each task, and how old they are.

use std::collections::HashSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    model::{Priority, StoreMillis, Task, TaskStatus, UnixMillis, Workspace},
    stores::{
        BoardPictureStore, PictureAge, PictureExtent, PictureUpdate, StoreError,
        redis::{
            RedisStore,
            row::{json, to_json, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(PICTURE, "boards/picture");

const ROWS: &str = "board";
const AGE: &str = "board:age";
/// Tasks, and bytes of them, that one script is given: everybody waits while it runs.
const PART: usize = 200;
const PART_BYTES: usize = 256 * 1024;

/// A task as it was read elsewhere.
#[derive(Serialize, Deserialize)]
struct PicturedTask {
    key: String,
    url: Option<String>,
    title: String,
    description: String,
    status: TaskStatus,
    priority: Priority,
    labels: Vec<String>,
    dependencies: Vec<String>,
    assignee: Option<String>,
    estimate_minutes: Option<u32>,
    created_at: i64,
    updated_at: i64,
    moved_at: Option<i64>,
    note: Option<String>,
}

fn row(task: &Task, read_at: StoreMillis) -> String {
    let kept = PicturedTask {
        key: task.key.clone(),
        url: task.url.clone(),
        title: task.title.clone(),
        description: task.description.clone(),
        status: task.status,
        priority: task.priority,
        labels: task.labels.clone(),
        dependencies: task.dependencies.clone(),
        assignee: task.assignee.clone(),
        estimate_minutes: task.estimate_minutes,
        created_at: task.created_at.0,
        updated_at: task.updated_at.0,
        moved_at: task.moved_at.map(|at| at.0),
        note: task.note.clone(),
    };
    format!("{}\n{}\n{}", task.updated_at.0, read_at.0, to_json(&kept))
}

fn task((id, row): (String, String)) -> Result<(Task, StoreMillis), StoreError> {
    const WHAT: &str = "task of a board's picture";
    let kept: PicturedTask = json(&row, WHAT)?;
    let read_at = row.split('\n').nth(1).and_then(|text| text.parse().ok());
    let read_at = StoreMillis(read_at.ok_or_else(|| unreadable(WHAT))?);
    let task = Task {
        id,
        key: kept.key,
        url: kept.url,
        title: kept.title,
        description: kept.description,
        status: kept.status,
        priority: kept.priority,
        labels: kept.labels,
        dependencies: kept.dependencies,
        assignee: kept.assignee,
        estimate_minutes: kept.estimate_minutes,
        created_at: UnixMillis(kept.created_at),
        updated_at: UnixMillis(kept.updated_at),
        moved_at: kept.moved_at.map(UnixMillis),
        note: kept.note,
    };
    Ok((task, read_at))
}

/// What one script is given: rows of tasks, and ids of those that are gone.
#[derive(Default)]
struct Part {
    rows: Vec<(String, i64, String)>,
    gone: Vec<String>,
}

fn parts(update: &PictureUpdate<'_>, gone: Vec<String>) -> Vec<Part> {
    let (mut parts, mut bytes) = (vec![Part::default()], 0);
    for task in update.tasks {
        let row = row(task, update.read_at);
        let is_full = parts.last().is_some_and(|part| part.rows.len() == PART);
        if is_full || (bytes > 0 && bytes + row.len() > PART_BYTES) {
            parts.push(Part::default());
            bytes = 0;
        }
        bytes += row.len();
        parts.last_mut().expect("there is one").rows.push((task.id.clone(), task.updated_at.0, row));
    }
    let gone = gone.chunks(PART).map(|gone| Part { gone: gone.to_vec(), ..Part::default() });
    parts.extend(gone);
    parts
}

impl RedisStore {
    /// Ids of the picture's that a whole reading did not show.
    async fn not_shown(
        &self,
        workspace: &Workspace,
        update: &PictureUpdate<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let shown: HashSet<_> = update.tasks.iter().map(|task| task.id.as_str()).collect();
        let known: Vec<String> = self.link.send(redis::cmd("HKEYS").arg(self.name(workspace, ROWS))).await?;
        Ok(known.into_iter().filter(|id| !shown.contains(id.as_str())).collect())
    }
}

#[async_trait]
impl BoardPictureStore for RedisStore {
    async fn picture_age(&self, workspace: &Workspace) -> Result<Option<PictureAge>, StoreError> {
        let mut ask = redis::cmd("HMGET");
        ask.arg(self.name(workspace, AGE)).arg(&["board", "read_at", "whole_at"]);
        let (board, read_at, whole_at): (Option<String>, Option<i64>, Option<i64>) =
            self.link.send(&ask).await?;
        let age = |board| {
            let (Some(read_at), Some(whole_at)) = (read_at, whole_at) else {
                return Err(unreadable("age of a board's picture"));
            };
            Ok(PictureAge { board, read_at: StoreMillis(read_at), whole_at: StoreMillis(whole_at) })
        };
        board.map(age).transpose()
    }

    async fn pictured(
        &self,
        workspace: &Workspace,
        ids: Option<&[String]>,
    ) -> Result<Vec<(Task, StoreMillis)>, StoreError> {
        self.values(workspace, ROWS, ids).await?.into_iter().map(task).collect()
    }

    async fn put_picture(&self, workspace: &Workspace, update: PictureUpdate<'_>) -> Result<(), StoreError> {
        let gone = match update.extent {
            PictureExtent::Whole => self.not_shown(workspace, &update).await?,
            PictureExtent::Some | PictureExtent::Changed => update.gone.to_vec(),
        };
        let extent = match update.extent {
            PictureExtent::Some => "some",
            PictureExtent::Changed => "changed",
            PictureExtent::Whole => "whole",
        };
        let parts = parts(&update, gone);
        let last = parts.len() - 1;
        for (number, Part { rows, gone }) in parts.into_iter().enumerate() {
            let arguments = ScriptArguments::default()
                .bytes(update.board)
                .number(update.read_at.0)
                .bytes(extent)
                .each(&rows, |arguments, (id, updated_at, row)| {
                    arguments.bytes(id.as_str()).number(*updated_at).bytes(row.as_str())
                })
                .each(&gone, |arguments, id| arguments.bytes(id.as_str()))
                .number((number == last).into());
            let _: Vec<i64> = self.run(workspace, &PICTURE, arguments).await?;
        }
        Ok(())
    }
}
