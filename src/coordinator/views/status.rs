//! How the project stands.

use std::{collections::HashMap, sync::Arc};

use crate::coordinator::{
    Coordinator, CoordinatorError,
    browse::Slices,
    mirror::{Standing, TaskCard, cycles},
};
use crate::{
    boards::BoardDescription,
    model::{Principal, UnixMillis, Workspace},
};

/// Keys that each list of [`Knots`] names at most.
const MOST_NAMED: usize = 100;

/// What the board is owed.
#[derive(Clone, Copy, Debug, Default)]
pub struct BoardSync {
    /// Writes not delivered yet.
    pub pending: u64,
    /// When the oldest pending write was decided.
    pub oldest: Option<UnixMillis>,
    /// When the board is written to again, which takes nothing just now.
    pub held_back_until: Option<UnixMillis>,
}

/// A board, and how old the picture of it is.
#[derive(Clone, Debug)]
pub struct BoardState {
    /// The board.
    pub about: BoardDescription,
    /// Whole seconds since it was last read; `None`: it never was.
    pub refreshed_seconds_ago: Option<u64>,
}

/// A task of which the board does not take a change.
#[derive(Clone, Debug)]
pub struct RejectedWrite {
    /// The task's key.
    pub key: String,
    /// The board's reason.
    pub reason: String,
}

/// Counts of a workspace.
#[derive(Clone, Debug)]
pub struct ProjectStatus {
    /// Tasks, cancelled ones left out.
    pub total_tasks: usize,
    /// Done.
    pub completed: usize,
    /// Held by an agent or a person.
    pub in_progress: usize,
    /// Blocked or parked.
    pub blocked: usize,
    /// Registered agents.
    pub agents: usize,
    /// Agents that hold a task.
    pub active_agents: usize,
    /// The board.
    pub board: BoardState,
    /// What the board is owed.
    pub sync: BoardSync,
    /// What stands in the way.
    pub knots: Knots,
}

/// Open tasks that can never start, those whose dependencies are not all known, and those whose board refuses what was decided.
#[derive(Clone, Debug, Default)]
pub struct Knots {
    /// Groups of open tasks that wait for each other, as keys, 100 in all at most.
    pub cycles: Vec<Vec<String>>,
    /// How many tasks are in such groups.
    pub in_cycles: usize,
    /// Keys of open tasks that depend on a task the board does not know, 100 at most.
    pub unknown: Vec<String>,
    /// How many there are.
    pub with_unknown: usize,
    /// Tasks of which the board does not take a change, 100 at most.
    pub rejected: Vec<RejectedWrite>,
}

impl ProjectStatus {
    /// Done of all, in percent with one decimal; 0 for an empty board.
    pub fn completion_percentage(&self) -> f64 {
        if self.total_tasks == 0 {
            return 0.0;
        }
        (self.completed as f64 * 1000.0 / self.total_tasks as f64).round() / 10.0
    }
}

impl Coordinator {
    /// Counts tasks and agents, and looks for what stands in the way.
    pub async fn project_status(&self, principal: &Principal) -> Result<ProjectStatus, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let backlog = self.parts.outbox.backlog(&principal.workspace).await?;
        let now = self.now();
        let knots = self.knots.run(Slices::new(Arc::clone(&mirror), now), knots).await?;
        let (counts, agents) = mirror.with(|picture| (picture.counts(now), picture.agent_count()));
        Ok(ProjectStatus {
            total_tasks: counts.total() - counts.of(Standing::Cancelled),
            completed: counts.of(Standing::Done),
            in_progress: counts.of(Standing::Held) + counts.of(Standing::WithPerson),
            blocked: counts.of(Standing::Blocked),
            agents,
            // An agent holds one task at a time.
            active_agents: counts.of(Standing::Held).min(agents),
            board: self.board_state(&principal.workspace),
            sync: BoardSync {
                pending: backlog.pending,
                oldest: backlog.oldest,
                held_back_until: self
                    .held_back
                    .until(&principal.workspace, now.store)
                    .filter(|_| backlog.pending > 0)
                    .map(|until| now.wall.plus(until.since(now.store))),
            },
            knots,
        })
    }

    /// Whether the board of a workspace was read and, if somebody else keeps it, has not failed since.
    pub fn board_answers(&self, workspace: &Workspace) -> bool {
        match self.mirrors.known(workspace) {
            Some(mirror) => !mirror.is_out_of_reach(),
            None => !self.parts.boards.of(workspace).describe().is_remote(),
        }
    }

    /// How many agents are registered in a workspace, once its board was read.
    pub fn agent_count(&self, workspace: &Workspace) -> Option<usize> {
        Some(self.mirrors.known(workspace)?.with(|picture| picture.agent_count()))
    }

    /// The board of a workspace, and how old the picture of it is.
    pub fn board_state(&self, workspace: &Workspace) -> BoardState {
        let mirror = self.mirrors.known(workspace);
        let age =
            mirror.map(|mirror| self.now().store.since(mirror.refreshed_at()).max(0).unsigned_abs() / 1000);
        BoardState { about: self.parts.boards.of(workspace).describe(), refreshed_seconds_ago: age }
    }
}

/// Looks at every task for those that can never start, and those with a dependency nobody knows.
fn knots(slices: Slices) -> Knots {
    let mut rejected = Vec::new();
    let mut taken = |card: TaskCard| {
        if let Some(reason) = card.rejected().filter(|_| rejected.len() < MOST_NAMED) {
            rejected.push(RejectedWrite { key: card.task.key.clone(), reason: reason.to_owned() });
        }
        (!card.status.is_closed(), card.task)
    };
    let tasks: Vec<_> = slices.flatten().map(&mut taken).collect();
    let numbers: HashMap<&str, u32> =
        tasks.iter().zip(0..).map(|((_, task), number)| (task.id.as_str(), number)).collect();
    let mut waits_for = vec![Vec::new(); tasks.len()];
    let mut unknown = Vec::new();
    for (number, (_, task)) in tasks.iter().enumerate().filter(|(_, (is_open, _))| *is_open) {
        let known = task.dependencies.iter().filter_map(|id| numbers.get(id.as_str()).copied());
        let known: Vec<_> = known.collect();
        if known.len() < task.dependencies.len() {
            unknown.push(task.key.clone());
        }
        waits_for[number] = known.into_iter().filter(|other| tasks[*other as usize].0).collect();
    }
    let key = |number: u32| tasks[number as usize].1.key.clone();
    let mut groups: Vec<Vec<_>> =
        cycles(&waits_for).into_iter().map(|group| group.into_iter().map(key).collect()).collect();
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_unstable();
    unknown.sort_unstable();
    let (in_cycles, with_unknown) = (groups.iter().map(Vec::len).sum(), unknown.len());
    let mut left = MOST_NAMED;
    for group in &mut groups {
        group.truncate(left);
        left -= group.len();
    }
    groups.retain(|group| !group.is_empty());
    unknown.truncate(MOST_NAMED);
    Knots { cycles: groups, in_cycles, unknown, with_unknown, rejected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        coordinator::browse::tests::{mirror_of, task},
        model::{Moment, Task},
    };

    fn found(tasks: Vec<Task>) -> Knots {
        knots(Slices::new(mirror_of(tasks), Moment::default()))
    }

    #[test]
    fn what_stands_in_the_way_is_named_and_counted_even_where_it_is_too_much_to_name() {
        let on =
            |number: i64, dependency: i64| Task { dependencies: vec![task(dependency).id], ..task(number) };
        let few = found(vec![on(1, 2), on(2, 1), on(3, 99), task(4), on(5, 4)]);
        assert_eq!((few.cycles, few.in_cycles), (vec![vec![String::from("T-1"), String::from("T-2")]], 2));
        assert_eq!((few.unknown, few.with_unknown), (vec![String::from("T-3")], 1));
        let ring = (0..20_000).map(|number| on(number, (number + 1) % 20_000));
        let many = found(ring.chain((20_000..25_000).map(|number| on(number, 99_999))).collect());
        assert_eq!((many.cycles.len(), many.cycles[0].len(), many.in_cycles), (1, MOST_NAMED, 20_000));
        assert_eq!((many.unknown.len(), many.with_unknown), (MOST_NAMED, 5_000));
    }
}
