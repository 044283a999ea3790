//! What must be so after every step, whoever took it.

use taskgate::{
    coordinator::core::{Outcome, ReportKind},
    model::{Claim, ClaimState, TaskStatus, shown_status},
};

use crate::world::{Action, Checked, Decide, LEASE, Promise, TASKS, World, ensure};

impl World {
    /// Whether the agent was promised another task, whose lease lasts.
    pub fn promised_elsewhere(&self, agent: usize, task: usize) -> bool {
        let lasts = |promise: &Promise| {
            promise.holder.is_some_and(|(holder, _)| holder == agent) && promise.until > self.now.0
        };
        (0..TASKS).any(|other| other != task && lasts(&self.promises[other]))
    }

    /// What an agent was promised before is over when it works on another task, wherever the clock jumps.
    pub fn forget_ended(&mut self, agent: usize, task: usize) {
        let theirs = |(other, promise): &(usize, &mut Promise)| {
            *other != task && promise.holder.is_some_and(|(holder, _)| holder == agent)
        };
        self.promises.iter_mut().enumerate().filter(theirs).for_each(|(_, promise)| promise.until = 0);
    }

    /// What a person did since the claim was last decided on was not passed over.
    pub fn not_over_a_person(
        &self,
        before: &[Option<Claim>; TASKS],
        task: usize,
        outcome: Outcome,
    ) -> Checked {
        let Some(claim) =
            before[task].clone().filter(|_| self.kind.says_when && outcome != Outcome::Repeated)
        else {
            return Ok(());
        };
        let moved = self.moves[task] > claim.moved_at.map_or(0, |known| known.0);
        let ours = match claim.state {
            ClaimState::Live => TaskStatus::InProgress,
            ClaimState::Released => TaskStatus::Todo,
            _ => return Ok(()),
        };
        ensure(!moved || self.board[task] == ours, "a decision was made over a person's move")
    }

    /// What an agent's record names is what it was promised; what it does not name, it cannot write to.
    pub fn one_holder_each(&self) -> Checked {
        for (number, agent) in self.agents.iter().enumerate() {
            let Some(held) = &agent.held else { continue };
            let task: usize = held.task_id.parse().unwrap();
            let live = self.claims[task]
                .as_ref()
                .is_some_and(|claim| claim.is_live(self.now) && claim.generation == held.generation);
            let promised = self.promises[task].holder == Some((number, held.generation));
            ensure(!live || promised, "an agent holds what it was not promised")?;
        }
        Ok(())
    }

    /// The task the agent's record names, if its lease lasts.
    pub fn working_on(&self, agent: usize) -> Option<usize> {
        let task = self.agents[agent].held.as_ref()?.task_id.parse::<usize>().unwrap();
        self.claims[task].as_ref()?.is_live(self.now).then_some(task)
    }

    /// From here one agent that works, and a sweeper, bring every task to its end: done, parked, or a person's.
    pub fn ends(mut self, decide: Decide) -> Checked {
        if self.elsewhere.is_some() {
            self.act(decide, &Action::Follow)?;
            ensure(self.sees_what_is_there(), "a gateway shows what is not there")?;
        }
        let sight = *self.sights().last().unwrap();
        for _ in 0..TASKS * 4 {
            for task in 0..TASKS {
                while !self.owed[task].is_empty() {
                    self.act(decide, &Action::Deliver(task))?;
                }
                self.now = self.now.plus(1);
                if self.claims[task].is_some() {
                    self.act(decide, &Action::Look(task))?;
                }
            }
            self.act(decide, &Action::Clock(LEASE + 1))?;
            self.act(decide, &Action::Sweep)?;
            self.act(decide, &Action::Ask(0, sight))?;
            if self.beliefs[0].is_some() {
                self.act(decide, &Action::Say(0, ReportKind::Complete, sight))?;
            }
        }
        let ended = (0..TASKS).all(|task| {
            let claim = self.claims[task].as_ref();
            let shown = shown_status(self.board[task], claim, self.now);
            shown == TaskStatus::Done || claim.is_some_and(|claim| claim.state == ClaimState::Parked)
        });
        ensure(ended, "a task never ends")
    }
}
