//! Looking at the picture.

use std::{
    collections::{BTreeMap, HashSet},
    ops::Bound,
    sync::Arc,
};

use super::{
    card::{Standing, TaskCard},
    picture::Picture,
    place::{GroupPlace, ReadyPlace, TaskPlace, head},
    standings::StandingCounts,
};
use crate::{
    coordinator::core::{OnBoard, Snapshot},
    model::{Agent, Claim, Moment, Profile, StoreMillis, Task, shown_status},
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

    /// At most `count` tasks after that place, or the first ones, oldest first.
    pub fn slice(&self, after: Option<&TaskPlace>, count: usize, now: Moment) -> Vec<TaskCard> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.by_age.range((start, Bound::Unbounded)).take(count);
        places.filter_map(|place| self.card(&place.id, now)).collect()
    }

    /// Whether there is a task of that id.
    pub fn knows(&self, id: &str) -> bool {
        self.cards.contains_key(id)
    }

    /// Ids of all tasks, in no order.
    pub fn ids(&self) -> Vec<Arc<str>> {
        self.cards.keys().cloned().collect()
    }

    /// Tasks under a claim whose lease has not been seen to end, with the agents that hold them.
    pub fn held(&self) -> (Vec<String>, Vec<String>) {
        let claims = self.ends.iter().filter_map(|(_, id)| self.cards.get(id)?.claim.as_ref());
        claims.map(|claim| (claim.task_id.clone(), claim.agent_id.clone())).unzip()
    }

    /// An agent.
    pub fn agent(&self, id: &str) -> Option<&Arc<Agent>> {
        self.agents.get(id)
    }

    /// How many agents there are.
    pub fn agent_count(&self) -> usize {
        self.agents.len()
    }

    /// The agents after that id, or all, by id.
    pub fn agents_after(&self, id: Option<&str>) -> impl Iterator<Item = &Arc<Agent>> {
        let start = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.agents.range::<str, _>((start, Bound::Unbounded)).map(|(_, agent)| agent)
    }

    /// The claim an agent holds at `now`.
    pub fn live_claim(&self, agent: &Agent, now: StoreMillis) -> Option<Arc<Claim>> {
        let held = agent.held.as_ref()?;
        let claim = self.cards.get(held.task_id.as_str())?.claim.as_ref()?;
        agent.holds(claim, now).then(|| Arc::clone(claim))
    }

    /// Whether an agent's record names a claim that the picture does not have, or only an older one of its task: what the
    /// agent holds cannot be said from here.
    pub fn lacks_held(&self, agent: &Agent) -> bool {
        agent.held.as_ref().is_some_and(|held| {
            let claim = self.cards.get(held.task_id.as_str()).and_then(|card| card.claim.as_ref());
            claim.is_none_or(|claim| claim.generation < held.generation)
        })
    }

    /// The records a decision about that agent and task looks at.
    pub fn snapshot(&self, agent_id: Option<&str>, task_id: Option<&str>) -> Snapshot {
        let claim = |id: &str| self.cards.get(id).and_then(|card| card.claim.as_deref().cloned());
        let agent = agent_id.and_then(|id| self.agents.get(id)).map(|agent| Agent::clone(agent));
        let held = agent.as_ref().and_then(|agent| claim(&agent.held.as_ref()?.task_id));
        let on_board = task_id.and_then(|id| Some(on_board(&self.cards.get(id)?.task)));
        Snapshot { agent, held, claim: task_id.and_then(claim), on_board, term: self.term }
    }

    /// How many open tasks wait for that one.
    pub fn waiting_for(&self, id: &str) -> u32 {
        self.unblocks(id)
    }

    /// When the first of the live leases ends.
    pub fn first_end(&self) -> Option<StoreMillis> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// Whether a task has become free since this was last asked.
    pub fn take_became_ready(&mut self) -> bool {
        std::mem::take(&mut self.became_ready)
    }
}

/// The words of who looks at what is ready.
pub type LookerWords = HashSet<u32>;

impl Picture {
    /// The words of a profile, by number; none for an agent without skills that match.
    pub fn words_of(&mut self, profile: &Profile) -> LookerWords {
        self.terms.of_agent(profile).into_iter().map(|(word, _)| word).collect()
    }

    /// How that task stands.
    pub fn standing_of(&self, id: &str) -> Option<Standing> {
        self.cards.get(id).map(|card| card.standing)
    }

    /// How that task stands, and its place among those that stand alike, for who looks with these words.
    pub fn place_of(&self, id: &str, words: &LookerWords) -> Option<(Standing, GroupPlace)> {
        let card = self.cards.get(id)?;
        let place = match &card.spot {
            Some(spot) => GroupPlace::ready(head(spot.class(), spot.matches(words)), spot.place()),
            None => card.placed.clone()?,
        };
        Some((card.standing, place))
    }

    /// At most `limit` places after that one, or the first ones, of tasks that stand so. Those that are ready stand in the order in
    /// which an agent with these words is offered them. The picture must have been brought to now.
    pub fn places(
        &self,
        standing: Standing,
        words: &LookerWords,
        after: Option<&GroupPlace>,
        limit: usize,
    ) -> Vec<GroupPlace> {
        if standing == Standing::Ready {
            return self.ready_places(words, after).take(limit).collect();
        }
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.standings.of(standing).range((start, Bound::Unbounded));
        places.take(limit).cloned().collect()
    }

    fn ready_places<'a>(
        &'a self,
        words: &LookerWords,
        after: Option<&GroupPlace>,
    ) -> impl Iterator<Item = GroupPlace> + 'a {
        let mut heads: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        for (class, terms, places) in self.ready.groups() {
            let head = head(class, terms.iter().filter(|term| words.contains(term)).count());
            let start = match after {
                Some(after) if head < after.head() => continue,
                Some(after) if head == after.head() => Bound::Excluded(after.in_index()),
                _ => Bound::Unbounded,
            };
            heads.entry(head).or_default().push(places.range((start, Bound::Unbounded)));
        }
        heads
            .into_iter()
            .flat_map(|(head, groups)| merged(groups).map(move |place| GroupPlace::ready(head, place)))
    }

    /// Tasks by how they stand at `now`.
    pub fn counts(&mut self, now: Moment) -> StandingCounts {
        self.advance(now);
        self.standings.counts()
    }
}

/// Several sequences that are in order as one that is.
fn merged<'a>(groups: Vec<impl Iterator<Item = &'a ReadyPlace>>) -> impl Iterator<Item = &'a ReadyPlace> {
    let first = |mut group: _| Some((Iterator::next(&mut group)?, group));
    let mut fronts: BTreeMap<_, _> = groups.into_iter().filter_map(first).collect();
    std::iter::from_fn(move || {
        let (place, mut rest) = fronts.pop_first()?;
        if let Some(next) = rest.next() {
            fronts.insert(next, rest);
        }
        Some(place)
    })
}
