//! What is decided on, and how the store takes a decision.

use taskgate::{
    coordinator::core::{Command, Decision, OnBoard, Snapshot},
    model::{BoardWrite, Claim, TaskStatus, UnixMillis, shown_status},
};

use crate::world::{Checked, Decide, RULES, Sight, TASKS, World, ensure};

/// What became of a decision.
pub enum Put {
    Done,
    /// Another one is to be made on better records.
    Late(Sight),
    /// The store takes nothing that was decided on what it had before it went back.
    Unsettled,
}

impl World {
    pub fn snapshot(&self, sight: Sight, agent: Option<usize>, task: Option<usize>) -> Snapshot {
        let agent = agent.map(|agent| self.agents(sight)[agent].clone());
        let held = agent.as_ref().and_then(|agent| agent.held.as_ref());
        let held = held.and_then(|held| self.claim(held.task_id.parse().unwrap(), sight).cloned());
        let claim = task.and_then(|task| self.claim(task, sight).cloned());
        let on_board = task.map(|task| self.on_board(task));
        Snapshot { agent, held, claim, on_board, term: self.term(sight) }
    }

    pub fn on_board(&self, task: usize) -> OnBoard {
        let moved_at = self.kind.says_when.then_some(UnixMillis(self.moves[task]));
        OnBoard { status: self.board[task], assigned: false, moved_at }
    }

    pub fn claim(&self, task: usize, sight: Sight) -> Option<&Claim> {
        let claims = match &self.elsewhere {
            Some(elsewhere) if sight == Sight::Picture => &elsewhere.picture.claims,
            _ => &self.claims,
        };
        claims[task].as_ref()
    }

    /// The task that the agent's record names.
    pub fn held(&self, agent: usize, sight: Sight) -> Option<usize> {
        Some(self.agents(sight)[agent].held.as_ref()?.task_id.parse().unwrap())
    }

    /// What an agent is given that asks, as far as is seen.
    pub fn offer(&self, decide: Decide, agent: usize, sight: Sight) -> Option<Decision> {
        let held = self.held(agent, sight);
        // An asker's picture may be old: what is held is offered, too.
        let offered = |task: &usize| {
            let shown = shown_status(self.board[*task], self.claim(*task, sight), self.now);
            matches!(shown, TaskStatus::Todo | TaskStatus::InProgress)
        };
        let is_behind = sight == Sight::Behind;
        let seen = |task| {
            let state = self.snapshot(sight, Some(agent), task);
            if is_behind { Snapshot { held: None, ..state } } else { state }
        };
        let is_known = |task: &usize| !is_behind || held != Some(*task);
        let tried = (0..TASKS).filter(offered).filter(is_known).find_map(|task| {
            let command = Command::Grant { task_id: task.to_string(), on_board: self.board[task] };
            decide(RULES, &seen(Some(task)), &command, self.moment()).ok()
        });
        tried.or_else(|| decide(RULES, &seen(None), &Command::Request, self.moment()).ok())
    }

    /// Has the store take a decision.
    pub fn put(&mut self, decision: &Decision, sight: Sight) -> Result<Put, String> {
        if sight == Sight::Picture && self.is_refused_as_old() {
            return Ok(Put::Unsettled);
        }
        let is_next = sight != Sight::Picture || self.is_next(decision);
        if is_next && self.leaves_one_live(decision) {
            self.carry_out(decision)?;
            if sight == Sight::Picture {
                self.learn(decision);
            }
            return Ok(Put::Done);
        }
        ensure(sight != Sight::Store, "the store refuses what was decided on its own records")?;
        if sight == Sight::Behind {
            return Ok(Put::Late(Sight::Store));
        }
        ensure(self.freshen(), "a gateway cannot go on from what the store lost")?;
        Ok(Put::Late(Sight::Picture))
    }

    /// Whether the store has the records that the decision's follow.
    fn is_next(&self, decision: &Decision) -> bool {
        let of_agent = decision.agent.as_ref().is_none_or(|agent| {
            self.agents.iter().any(|known| known.id == agent.id && agent.version == known.version + 1)
        });
        let of_claim = decision.claim.as_ref().is_none_or(|claim| {
            let known = self.claims[claim.task_id.parse::<usize>().unwrap()].as_ref();
            claim.version == known.map_or(0, |known| known.version) + 1
        });
        of_agent && of_claim
    }

    /// Whether the store lets that decision leave a claim live: not beside another that the stored record of its agent names.
    fn leaves_one_live(&self, decision: &Decision) -> bool {
        let Some(claim) = decision.claim.as_ref().filter(|claim| self.kind.fenced && claim.is_live(self.now))
        else {
            return true;
        };
        let agent: usize = claim.agent_id[1..].parse().unwrap();
        let state = self.snapshot(Sight::Store, Some(agent), None);
        state.live_claim(self.now).is_none_or(|held| held.task_id == claim.task_id)
    }

    /// Puts a decision in place, as a store does.
    pub fn carry_out(&mut self, decision: &Decision) -> Checked {
        if let Some(agent) = &decision.agent {
            let number = self.agents.iter().position(|known| known.id == agent.id).unwrap();
            let known = &mut self.agents[number];
            ensure(agent.version == known.version + 1, "an agent's record does not follow the one before")?;
            *known = agent.clone();
            self.is_told(TASKS + number);
        }
        if let Some(claim) = &decision.claim {
            let task: usize = claim.task_id.parse().unwrap();
            let before = self.claims[task].as_ref().map_or(0, |claim| claim.version);
            ensure(claim.version == before + 1, "a claim's record does not follow the one before")?;
            let delivered = self.claims[task].as_ref().and_then(|claim| claim.delivered);
            self.claims[task] = Some(Claim { delivered, ..claim.clone() });
            let known = self.moves[task];
            let moves = decision.writes.iter().filter_map(|write| match write {
                BoardWrite::Move { status } => Some((*status, known)),
                BoardWrite::Comment { .. } | BoardWrite::Progress { .. } => None,
            });
            self.owed[task].extend(moves);
            self.is_told(task);
        }
        Ok(())
    }
}
