//! Looking at the picture.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    card::TaskCard,
    cycles::cycles,
    picture::{Counts, Picture},
};
use crate::{
    coordinator::core::{OnBoard, Snapshot, shown_status},
    model::{Agent, Claim, Moment, StoreMillis, Task},
};

/// What a decision looks at of a task.
pub fn on_board(task: &Task) -> OnBoard {
    OnBoard { status: task.status, assigned: task.assignee.is_some(), moved_at: task.moved_at }
}

impl Picture {
    /// A task by id or key.
    pub fn card(&self, id_or_key: &str, now: Moment) -> Option<TaskCard> {
        let card = self.cards.get(id_or_key);
        let card = card.or_else(|| self.cards.get(self.keys.get(id_or_key)?))?;
        let status = shown_status(card.task.status, card.claim.as_deref(), now.store);
        Some(TaskCard { task: Arc::clone(&card.task), claim: card.claim.clone(), status, now })
    }

    /// Every task, oldest first.
    pub fn all(&self, now: Moment) -> impl Iterator<Item = TaskCard> {
        self.by_age.iter().filter_map(move |(_, id)| self.card(id, now))
    }

    /// An agent.
    pub fn agent(&self, id: &str) -> Option<&Arc<Agent>> {
        self.agents.get(id)
    }

    /// Every agent, by id.
    pub fn agents(&self) -> impl Iterator<Item = &Arc<Agent>> {
        self.agents.values()
    }

    /// The claim an agent holds at `now`.
    pub fn live_claim(&self, agent: &Agent, now: StoreMillis) -> Option<Arc<Claim>> {
        let held = agent.held.as_ref()?;
        let claim = self.cards.get(held.task_id.as_str())?.claim.as_ref()?;
        agent.holds(claim, now).then(|| Arc::clone(claim))
    }

    /// The records a decision about that agent and task looks at.
    pub fn snapshot(&self, agent_id: Option<&str>, task_id: Option<&str>) -> Snapshot {
        let claim = |id: &str| self.cards.get(id).and_then(|card| card.claim.as_deref().cloned());
        let agent = agent_id.and_then(|id| self.agents.get(id)).map(|agent| Agent::clone(agent));
        let held = agent.as_ref().and_then(|agent| claim(&agent.held.as_ref()?.task_id));
        let on_board = task_id.and_then(|id| Some(on_board(&self.cards.get(id)?.task)));
        Snapshot { agent, held, claim: task_id.and_then(claim), on_board }
    }

    /// Tasks by how they stand at `now`.
    pub fn counts(&mut self, now: Moment) -> Counts {
        self.advance(now);
        self.counts
    }

    /// When the first of the live leases ends.
    pub fn first_end(&self) -> Option<StoreMillis> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Groups of open tasks that wait for each other, as keys.
    pub fn cycles(&self) -> Vec<Vec<String>> {
        let waiting = self.cards.iter().filter(|(_, card)| !card.standing.is_closed());
        let arrows: BTreeMap<&str, Vec<&str>> = waiting
            .map(|(id, card)| (&**id, self.open_dependencies(&card.task).collect::<Vec<_>>()))
            .filter(|(_, others)| !others.is_empty())
            .collect();
        let key = |id: &str| self.cards.get(id).map_or_else(|| id.to_owned(), |card| card.task.key.clone());
        let named = cycles(&arrows).into_iter().map(|group| {
            let mut keys: Vec<_> = group.into_iter().map(key).collect();
            keys.sort_unstable();
            keys
        });
        let mut groups: Vec<_> = named.collect();
        groups.sort_unstable();
        groups
    }

    /// Keys of open tasks with a dependency the board does not know.
    pub fn with_unknown_dependencies(&self) -> Vec<String> {
        let is_unknown = |id: &String| !self.cards.contains_key(id.as_str());
        let mut keys: Vec<_> = self
            .cards
            .values()
            .filter(|card| !card.standing.is_closed() && card.task.dependencies.iter().any(is_unknown))
            .map(|card| card.task.key.clone())
            .collect();
        keys.sort_unstable();
        keys
    }

    /// Whether a task has become free since this was last asked.
    pub fn take_became_ready(&mut self) -> bool {
        std::mem::take(&mut self.became_ready)
    }
}
