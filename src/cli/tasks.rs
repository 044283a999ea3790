//! `taskgate tasks`: a person's hand on the built-in board. Running gateways hear of it at once, and the person wins.

use std::io::{Write, stdout};

use super::{
    arguments::TaskCommand,
    command::{ACTOR, CommandOutcome},
};
use crate::{
    app::Services,
    config::Settings,
    model::{
        AuditRecord, Effects, Event, EventKind, Task, TaskStatus, UnixMillis, Workspace, visible,
        without_repeats,
    },
    shutdown::Lifecycle,
    stores::{TaskEdit, TaskStore},
};

/// Runs a task command.
pub(super) async fn run(settings: Settings, command: TaskCommand) -> CommandOutcome {
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let board = Hand { store: &*services.store, workspace: Workspace::default(), now: services.clock.now() };
    let outcome = match command {
        TaskCommand::List => board.list().await,
        TaskCommand::Show { task } => board.show(&task).await,
        TaskCommand::Move { task, status } => {
            let moved = TaskStatus::from_word(&status).ok_or_else(|| {
                format!("`{status}` is no status: backlog, todo, in_progress, blocked, done or cancelled")
            })?;
            board.edit(&task, "task.move", TaskEdit { status: Some(moved), ..TaskEdit::default() }).await
        }
        TaskCommand::Assign { task, person } => {
            let edit = TaskEdit { assignee: Some(Some(person)), ..TaskEdit::default() };
            board.edit(&task, "task.assign", edit).await
        }
        TaskCommand::Unassign { task } => {
            board.edit(&task, "task.unassign", TaskEdit { assignee: Some(None), ..TaskEdit::default() }).await
        }
        TaskCommand::Depends { task, on } => {
            let own = board.find(&task).await?.id;
            let mut dependencies = Vec::with_capacity(on.len());
            for other in on {
                dependencies.push(board.find(&other).await?.id);
            }
            if dependencies.contains(&own) {
                return Err(format!("`{task}` cannot wait for itself: name other tasks").into());
            }
            let edit = TaskEdit { dependencies: Some(without_repeats(dependencies)), ..TaskEdit::default() };
            board.edit(&task, "task.depends", edit).await
        }
        TaskCommand::Delete { task } => board.delete(&task).await,
    };
    services.keep_audit_head().await?;
    outcome
}

struct Hand<'a> {
    store: &'a dyn TaskStore,
    workspace: Workspace,
    now: UnixMillis,
}

impl Hand<'_> {
    async fn find(&self, id_or_key: &str) -> Result<Task, Box<dyn std::error::Error>> {
        let found = self.store.task(&self.workspace, id_or_key).await?;
        Ok(found.ok_or_else(|| format!("there is no task `{id_or_key}`: taskgate tasks list shows them"))?)
    }

    async fn list(&self) -> CommandOutcome {
        let mut out = stdout();
        writeln!(out, "{:8}  {:11}  {:8}  {:16}  TITLE", "KEY", "STATUS", "PRIORITY", "ASSIGNEE")?;
        for task in self.store.tasks(&self.workspace, None).await? {
            let assignee = task.assignee.as_deref().unwrap_or("-");
            let (status, priority) = (task.status.as_str(), task.priority.as_str());
            writeln!(
                out,
                "{:8}  {status:11}  {priority:8}  {:16}  {}",
                task.key,
                visible(assignee),
                visible(&task.title)
            )?;
        }
        Ok(())
    }

    async fn show(&self, id_or_key: &str) -> CommandOutcome {
        let task = self.find(id_or_key).await?;
        let mut out = stdout();
        writeln!(
            out,
            "{} {} ({})\n{}",
            task.key,
            visible(&task.title),
            task.status,
            visible(&task.description)
        )?;
        for comment in self.store.comments(&self.workspace, &task.id).await? {
            writeln!(out, "\n{}", visible(&comment))?;
        }
        Ok(())
    }

    async fn edit(&self, id_or_key: &str, action: &'static str, mut edit: TaskEdit) -> CommandOutcome {
        let task = self.find(id_or_key).await?;
        let effects = self.effects(action, &task.id);
        edit.at = self.now;
        if !self.store.edit_task(&self.workspace, &task.id, edit, effects).await? {
            return Err(format!("`{id_or_key}` has just been deleted").into());
        }
        writeln!(stdout(), "changed {}", task.key)?;
        Ok(())
    }

    async fn delete(&self, id_or_key: &str) -> CommandOutcome {
        let task = self.find(id_or_key).await?;
        let effects = self.effects("task.delete", &task.id);
        self.store.delete_task(&self.workspace, &task.id, self.now, effects).await?;
        writeln!(stdout(), "deleted {}", task.key)?;
        Ok(())
    }

    fn effects(&self, action: &'static str, task_id: &str) -> Effects {
        Effects {
            audit: vec![AuditRecord::without_call(ACTOR, action, task_id, self.now)],
            events: vec![Event::about(EventKind::Task, task_id, action, self.now)],
            ..Effects::default()
        }
    }
}
