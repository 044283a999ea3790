//! `taskgate tasks`: a person's hand on the built-in board. Running gateways hear of it at once, and the person wins.

use std::io::{Write, stdout};

use super::{
    arguments::TaskCommand,
    command::{ACTOR, CommandOutcome},
};
use crate::{
    app::Services,
    config::Settings,
    coordinator::{Acted, Coordinator, CoordinatorError, PersonAct},
    model::{Actor, RequestId, Task, TaskStatus, UnixMillis, Workspace, visible},
    shutdown::Lifecycle,
    stores::TaskStore,
};

/// Runs a task command.
pub(super) async fn run(settings: Settings, command: TaskCommand) -> CommandOutcome {
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let workspace = Workspace::default();
    let hand = Hand {
        store: &*services.store,
        coordinator: &services.coordinator,
        workspace,
        now: services.clock.now(),
    };
    let outcome = match command {
        TaskCommand::List => hand.list().await,
        TaskCommand::Show { task } => hand.show(&task).await,
        TaskCommand::Move { task, status } => {
            let status = TaskStatus::from_word(&status).ok_or_else(|| {
                format!("`{status}` is no status: backlog, todo, in_progress, blocked, done or cancelled")
            })?;
            hand.act(&task, PersonAct::Move(status)).await
        }
        TaskCommand::Assign { task, person } => hand.act(&task, PersonAct::Assign(person)).await,
        TaskCommand::Unassign { task } => hand.act(&task, PersonAct::Unassign).await,
        TaskCommand::Depends { task, on } => hand.act(&task, PersonAct::Depend(on)).await,
        TaskCommand::Delete { task } => hand.act(&task, PersonAct::Delete).await,
    };
    services.keep_audit_head().await?;
    outcome
}

struct Hand<'a> {
    store: &'a dyn TaskStore,
    coordinator: &'a Coordinator,
    workspace: Workspace,
    now: UnixMillis,
}

impl Hand<'_> {
    async fn find(&self, id_or_key: &str) -> Result<Task, Box<dyn std::error::Error>> {
        let found = self.store.task(&self.workspace, id_or_key).await?;
        Ok(found.ok_or_else(|| not_found(id_or_key))?)
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

    /// Whatever the task is like: who types its key has nothing before their eyes that may be old.
    async fn act(&self, id_or_key: &str, act: PersonAct) -> CommandOutcome {
        let done = if act == PersonAct::Delete { "deleted" } else { "changed" };
        let request_id = RequestId::accept(None, self.now);
        let actor = Actor { name: ACTOR, request_id: request_id.as_str() };
        let acted = self.coordinator.act_as_person((&self.workspace, actor), id_or_key, act, None).await;
        match acted {
            Ok(Acted::Done(task)) => writeln!(stdout(), "{done} {}", task.key)?,
            Ok(Acted::Changed) => return Err(format!("`{id_or_key}` has just changed: try again").into()),
            Err(CoordinatorError::TaskNotFound(task)) => return Err(not_found(&task).into()),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn not_found(task: &str) -> String {
    format!("there is no task `{task}`: taskgate tasks list shows them")
}
