//! What people do to tasks of the built-in board, on the command line or a page: they move, assign and delete them, and win. A board
//! elsewhere is changed where it is.

use super::{Coordinator, CoordinatorError, initiator::Initiator, mirror::BoardReading};
use crate::{
    model::{
        Actor, Effects, Event, EventKind, HistoryAction, HistoryEntry, Moment, NewTask, Task, TaskStatus,
        Workspace, without_repeats,
    },
    stores::{Edited, HistoryOf, SeenTask, TaskEdit},
};

/// What a person does to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonAct {
    /// Moves it.
    Move(TaskStatus),
    /// Assigns it to a person.
    Assign(String),
    /// Assigns it to nobody.
    Unassign,
    /// Has it wait for these tasks, by id or key, and no others.
    Depend(Vec<String>),
    /// Deletes it, for good.
    Delete,
}

impl PersonAct {
    /// What the task's history has of it, but for the key that a deletion is told with.
    pub fn recorded(&self) -> (HistoryAction, String) {
        match self {
            Self::Move(status) => (HistoryAction::Moved, status.as_str().to_owned()),
            Self::Assign(person) => (HistoryAction::Assigned, person.clone()),
            Self::Unassign => (HistoryAction::Unassigned, String::new()),
            Self::Depend(on) => (HistoryAction::Depends, on.join(", ")),
            Self::Delete => (HistoryAction::Deleted, String::new()),
        }
    }
}

/// The end of what a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It is done; the task as it is now, or as it was before it was deleted.
    Done(Box<Task>),
    /// The task is not as it was seen; nothing was done.
    Changed,
}

impl Coordinator {
    /// Whether people may act on the tasks of a workspace here.
    pub fn takes_persons(&self, workspace: &Workspace) -> bool {
        !self.parts.boards.of(workspace).describe().is_remote()
    }

    fn must_take_persons(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        if self.takes_persons(workspace) {
            return Ok(());
        }
        Err(CoordinatorError::ChangedElsewhere(self.parts.boards.of(workspace).describe().place()))
    }

    /// Makes a task as a person does; however often it is asked to under the same id, one task is made.
    pub async fn create_as_person(
        &self,
        (workspace, actor): (&Workspace, Actor<'_>),
        new: NewTask,
        id: &str,
    ) -> Result<Task, CoordinatorError> {
        self.must_take_persons(workspace)?;
        let initiator = Initiator { workspace, key: actor.name, request_id: actor.request_id };
        self.make_task(&initiator, new, id).await.map(|(task, _)| task)
    }

    /// Does what a person wants with a task, by id or key, in one step with what it entails. `seen`: only while the task is like
    /// that.
    pub async fn act_as_person(
        &self,
        (workspace, actor): (&Workspace, Actor<'_>),
        task: &str,
        act: PersonAct,
        seen: Option<SeenTask>,
    ) -> Result<Acted, CoordinatorError> {
        self.must_take_persons(workspace)?;
        let Task { id, key, .. } = self.stored_task(workspace, task).await?;
        let at = self.now();
        let effects = entailed((&id, &key), &act, actor, at);
        let edit = match act {
            PersonAct::Move(status) => TaskEdit { status: Some(status), ..TaskEdit::default() },
            PersonAct::Assign(person) => TaskEdit { assignee: Some(Some(person)), ..TaskEdit::default() },
            PersonAct::Unassign => TaskEdit { assignee: Some(None), ..TaskEdit::default() },
            PersonAct::Depend(on) => {
                let dependencies = Some(self.dependencies(workspace, (task, &id), on).await?);
                TaskEdit { dependencies, ..TaskEdit::default() }
            }
            PersonAct::Delete => {
                let deleted = self.parts.tasks.delete_task(workspace, &id, (seen, at), effects).await?;
                if matches!(deleted, Edited::Done(_)) {
                    let reading =
                        BoardReading { gone: vec![id], read_at: at.store, ..BoardReading::default() };
                    self.show_at_once(workspace, reading).await;
                }
                return acted(deleted, task);
            }
        };
        let edit = TaskEdit { at, seen, ..edit };
        let edited = self.parts.tasks.edit_task(workspace, &id, edit, effects).await?;
        if let Edited::Done(task) = &edited {
            if let Some(mirror) = self.mirrors.known(workspace) {
                mirror.with(|picture| picture.put_task(Task::clone(task), at));
            }
            let reading = BoardReading { found: vec![id], read_at: at.store, ..BoardReading::default() };
            self.show_at_once(workspace, reading).await;
        }
        acted(edited, task)
    }

    /// Has the picture show what a person did, with what it ends: whoever did it looks at it next. Should that fail, the event of
    /// it brings it a moment later.
    async fn show_at_once(&self, workspace: &Workspace, reading: BoardReading) {
        if let Some(mirror) = self.mirrors.known(workspace) {
            let _ = self.reconcile(workspace, &mirror, reading).await;
        }
    }

    /// The keys of the tasks that are named, for a task to wait for them. One that it waited for and that was deleted holds nothing
    /// back: it is left out.
    pub async fn keys_to_wait_for(
        &self,
        workspace: &Workspace,
        task: &str,
        names: &[String],
    ) -> Result<Vec<String>, CoordinatorError> {
        let waits_for = self.stored_task(workspace, task).await?.dependencies;
        let mut keys = Vec::with_capacity(names.len());
        for name in names {
            match self.stored_task(workspace, name).await {
                Ok(found) => keys.push(found.key),
                Err(error @ CoordinatorError::TaskNotFound(_)) => {
                    if !waits_for.contains(name) && !waits_for.contains(&self.deleted(workspace, name).await?)
                    {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(without_repeats(keys))
    }

    /// The id of the task that had that key when it was deleted; nothing if that is not known.
    async fn deleted(&self, workspace: &Workspace, key: &str) -> Result<String, CoordinatorError> {
        let of = HistoryOf::Deleted(key.to_owned());
        let last = self.parts.history.history(workspace, of, None, 1).await?.into_iter().next();
        Ok(last.map(|stored| stored.entry.task_id).unwrap_or_default())
    }

    async fn stored_task(&self, workspace: &Workspace, task: &str) -> Result<Task, CoordinatorError> {
        let found = self.parts.tasks.task(workspace, task).await?;
        found.ok_or_else(|| CoordinatorError::TaskNotFound(task.to_owned()))
    }

    async fn dependencies(
        &self,
        workspace: &Workspace,
        (named, id): (&str, &str),
        on: Vec<String>,
    ) -> Result<Vec<String>, CoordinatorError> {
        let mut dependencies = Vec::with_capacity(on.len());
        for other in on {
            dependencies.push(self.stored_task(workspace, &other).await?.id);
        }
        if dependencies.iter().any(|other| other == id) {
            return Err(CoordinatorError::WaitsForItself(named.to_owned()));
        }
        Ok(without_repeats(dependencies))
    }
}

fn acted(edited: Edited, task: &str) -> Result<Acted, CoordinatorError> {
    match edited {
        Edited::Done(task) => Ok(Acted::Done(task)),
        Edited::Changed => Ok(Acted::Changed),
        Edited::Gone => Err(CoordinatorError::TaskNotFound(task.to_owned())),
    }
}

/// All that goes with it.
fn entailed((task_id, key): (&str, &str), act: &PersonAct, actor: Actor<'_>, at: Moment) -> Effects {
    let (history, words) = act.recorded();
    let action = match act {
        PersonAct::Move(_) => "task.move",
        PersonAct::Assign(_) => "task.assign",
        PersonAct::Unassign => "task.unassign",
        PersonAct::Depend(_) => "task.depends",
        PersonAct::Delete => "task.delete",
    };
    // Whoever follows an old link has nothing but the key.
    let words = if *act == PersonAct::Delete { key.to_owned() } else { words };
    let entry = HistoryEntry::of_task(task_id, history, actor.name, at.wall).with_words(&words);
    Effects {
        audit: vec![actor.audit(action, task_id, at.wall)],
        events: vec![Event::about(EventKind::Task, task_id, action, at.wall)],
        history: vec![entry],
        ..Effects::default()
    }
}
