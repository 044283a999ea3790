//! The board as it stands once every decision already taken has reached it.
//!
//! The claim store is the truth about holding; the board is a projection of it that may lag behind by what waits in
//! the outbox.

use std::collections::{HashMap, HashSet};

use crate::model::{Claim, ClaimState, Task, TaskStatus, UnixMillis};

/// Tasks with the claims on them.
#[derive(Debug)]
pub struct BoardView {
    /// Every task, its status as claims have it.
    pub tasks: Vec<Task>,
    claims: HashMap<String, Claim>,
    done: HashSet<String>,
    known: HashSet<String>,
    now: UnixMillis,
}

impl BoardView {
    /// The view at `now`.
    pub fn new(mut tasks: Vec<Task>, claims: Vec<Claim>, now: UnixMillis) -> Self {
        let claims: HashMap<_, _> = claims.into_iter().map(|claim| (claim.task_id.clone(), claim)).collect();
        for task in &mut tasks {
            task.status = status_of(task.status, claims.get(&task.id), now);
        }
        let done = tasks.iter().filter(|task| task.is_closed()).map(|task| task.id.clone()).collect();
        let known = tasks.iter().map(|task| task.id.clone()).collect();
        Self { tasks, claims, done, known, now }
    }

    /// The claim that holds the task now.
    pub fn holder(&self, task_id: &str) -> Option<&Claim> {
        self.claims.get(task_id).filter(|claim| claim.is_live(self.now))
    }

    /// When the first of the live claims ends.
    pub fn earliest_expiry(&self) -> Option<UnixMillis> {
        self.claims.values().filter(|claim| claim.is_live(self.now)).map(|claim| claim.expires_at).min()
    }

    /// Dependencies that are neither done nor unknown.
    pub fn waits_for<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = &'a str> {
        let open = |id: &&String| self.known.contains(*id) && !self.done.contains(*id);
        task.dependencies.iter().filter(open).map(String::as_str)
    }

    /// Tasks that are open and not held, whatever they wait for.
    pub fn unheld(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.status == TaskStatus::Todo && task.assignee.is_none())
    }

    /// How many open tasks wait for each task.
    pub fn unblocks(&self) -> HashMap<&str, usize> {
        let mut counts = HashMap::new();
        for task in self.tasks.iter().filter(|task| !task.is_closed()) {
            for dependency in &task.dependencies {
                *counts.entry(dependency.as_str()).or_insert(0) += 1;
            }
        }
        counts
    }
}

fn status_of(on_board: TaskStatus, claim: Option<&Claim>, now: UnixMillis) -> TaskStatus {
    match claim {
        None => on_board,
        Some(claim) => match claim.state {
            ClaimState::Done => TaskStatus::Done,
            ClaimState::Blocked => TaskStatus::Blocked,
            ClaimState::Live if claim.is_live(now) => TaskStatus::InProgress,
            ClaimState::Live if on_board == TaskStatus::InProgress => TaskStatus::Todo,
            ClaimState::Live => on_board,
        },
    }
}
