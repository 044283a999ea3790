//! A workspace as it was last seen: tasks, claims, agents, and what can be granted.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    card::{Card, Standing},
    dependents::DependentsIndex,
    place::TaskPlace,
    ready::ReadyIndex,
    standings::Standings,
    terms::Terms,
    uncertain::Untold,
};
use crate::{
    coordinator::core::may_be_granted,
    model::{
        Agent, Claim, Moment, Profile, StoreMillis, StoreTerm, Task, TaskStatus, UnixMillis, shown_status,
        without_repeats,
    },
};

/// A wall clock this much behind what it was has been set back: no call takes so long from asking for the time.
const SET_BACK_MILLIS: i64 = 60_000;
/// Words that may be known beyond twice those in use.
const FEW_TERMS: usize = 10_000;

/// The picture of one workspace.
#[derive(Default)]
pub struct Picture {
    pub(super) cards: HashMap<Arc<str>, Card>,
    pub(super) keys: HashMap<String, Arc<str>>,
    pub(super) by_age: BTreeSet<TaskPlace>,
    pub(super) agents: BTreeMap<String, Arc<Agent>>,
    pub(super) waiting: DependentsIndex,
    pub(super) ready: ReadyIndex,
    pub(super) ends: BTreeSet<(StoreMillis, Arc<str>)>,
    pub(super) standings: Standings,
    pub(super) terms: Terms,
    /// How many of them were in use when that was last looked at.
    pub(super) terms_in_use: usize,
    /// Words that some agent knows.
    pub(super) vocabulary: HashSet<u32>,
    /// Tasks that calls of this process are about to be granted.
    pub(super) reserved: HashSet<Arc<str>>,
    pub(super) became_ready: bool,
    /// In which term of the store it was read.
    pub(in crate::coordinator) term: StoreTerm,
    /// Tasks of which the board has still to tell.
    pub(super) untold: Untold,
    /// Tasks whose board has shown what was delivered at that moment.
    pub(super) shown: HashMap<Arc<str>, StoreMillis>,
    /// The wall clock when it was last brought to a moment: tasks have risen by it.
    risen_at: UnixMillis,
    /// Rises with every change of what waits for what, of what is closed, and of what a board refuses.
    pub(super) knots_changed: u64,
    /// Where this process begins among equals, since another was quicker.
    pub(super) apart: Option<Apart>,
}

/// A place among tasks that differ in age alone.
pub(super) struct Apart {
    pub(super) from: TaskPlace,
    pub(super) since: StoreMillis,
}

impl Picture {
    /// Brings the picture to `now`: leases that have ended, tasks that have waited long enough to rise.
    pub fn advance(&mut self, now: Moment) {
        while let Some((_, id)) = self.ends.first().filter(|(at, _)| *at <= now.store).cloned() {
            self.place(&id, now);
        }
        while let Some(id) = self.ready.risen(now.wall) {
            self.place(&id, now);
        }
        if now.wall.plus(SET_BACK_MILLIS) < std::mem::replace(&mut self.risen_at, now.wall) {
            self.replace_ready(now);
        }
    }

    /// Works out anew where every ready task stands.
    fn replace_ready(&mut self, now: Moment) {
        let ready = self.cards.iter().filter(|(_, card)| card.spot.is_some());
        let ids: Vec<_> = ready.map(|(id, _)| Arc::clone(id)).collect();
        for id in ids {
            self.place(&id, now);
        }
    }

    /// Takes a task as the board has it; an older state than the known one is dropped. Of a closed one the description is
    /// left out: it is never chosen, and most of a board is closed.
    pub fn put_task(&mut self, mut task: Task, now: Moment) {
        if task.is_closed() {
            task.description = String::new();
        }
        task.dependencies = without_repeats(task.dependencies);
        let known = self.cards.get(task.id.as_str()).map(|card| Arc::clone(&card.task));
        // A board read as a whole brings little that is new.
        if known.as_ref().is_some_and(|known| known.updated_at > task.updated_at || **known == task) {
            return;
        }
        let id: Arc<str> = task.id.as_str().into();
        let is_tied_alike = known.as_ref().is_some_and(|old| old.dependencies == task.dependencies);
        self.knots_changed += u64::from(!is_tied_alike);
        let terms = self.terms.of_task(&task);
        let is_open = self.cards.get(&id).is_some_and(|card| !card.standing.is_closed());
        self.waiting.untie(&id, known.as_ref().map_or(&[], |old| &old.dependencies), is_open);
        self.waiting.tie(&id, &task.dependencies, is_open);
        self.keys.insert(task.key.clone(), Arc::clone(&id));
        self.by_age.insert(TaskPlace { created_at: task.created_at, id: Arc::clone(&id) });
        let task = Arc::new(task);
        match self.cards.get_mut(&id) {
            Some(card) => (card.task, card.terms) = (Arc::clone(&task), terms),
            None => {
                let card = Card {
                    task: Arc::clone(&task),
                    claim: None,
                    terms,
                    standing: Standing::Cancelled,
                    placed: None,
                    spot: None,
                    ends_at: None,
                };
                self.cards.insert(Arc::clone(&id), card);
            }
        }
        self.place(&id, now);
        for dependency in task.dependencies.iter().chain(known.iter().flat_map(|old| &old.dependencies)) {
            self.replace_spot(dependency, now);
        }
    }

    /// Forgets a task that is gone from the board.
    pub fn remove_task(&mut self, id: &str, now: Moment) {
        let Some(card) = self.cards.remove(id) else { return };
        let id: Arc<str> = id.into();
        self.knots_changed += 1;
        self.shown.remove(&id);
        self.standings.remove(card.standing, card.placed.as_ref());
        self.waiting.untie(&id, &card.task.dependencies, !card.standing.is_closed());
        if let Some(spot) = &card.spot {
            self.ready.remove(spot);
        }
        if let Some(at) = card.ends_at {
            self.ends.remove(&(at, Arc::clone(&id)));
        }
        self.by_age.remove(&TaskPlace { created_at: card.task.created_at, id: Arc::clone(&id) });
        if self.keys.get(&card.task.key) == Some(&id) {
            self.keys.remove(&card.task.key);
        }
        for dependency in &card.task.dependencies {
            self.replace_spot(dependency, now);
        }
        self.place_dependents(&id, now);
    }

    /// Takes a task and its claim as they are now, whatever was known.
    pub fn replace_card(&mut self, task: Task, claim: Option<Claim>, now: Moment) {
        self.remove_task(&task.id, now);
        self.put_task(task, now);
        if let Some(claim) = claim {
            self.put_claim(claim, now);
        }
    }

    /// Takes all agents as they are now, whatever was known.
    pub fn replace_agents(&mut self, agents: Vec<Agent>, now: Moment) {
        self.agents.clear();
        for agent in agents {
            self.put_agent(agent, now);
        }
    }

    /// Takes a claim; an older record than the known one is dropped.
    pub fn put_claim(&mut self, claim: Claim, now: Moment) {
        let Some((id, card)) = self.cards.get_key_value(claim.task_id.as_str()) else { return };
        let newer = |known: &Claim| {
            known.version > claim.version
                || (known.version == claim.version
                    && known.delivered == claim.delivered
                    && known.rejected == claim.rejected)
        };
        if card.claim.as_deref().is_some_and(newer) {
            return;
        }
        let id = Arc::clone(id);
        let refused = card.claim.as_ref().and_then(|claim| claim.rejected.as_ref());
        self.knots_changed += u64::from(refused != claim.rejected.as_ref());
        if let Some(card) = self.cards.get_mut(&id) {
            card.claim = Some(Arc::new(claim));
        }
        self.place(&id, now);
    }

    /// Takes an agent; an older record than the known one is dropped.
    pub fn put_agent(&mut self, agent: Agent, now: Moment) {
        let known = self.agents.get(agent.id.as_str());
        if known.is_some_and(|known| known.version >= agent.version) {
            return;
        }
        let same_words = known.is_some_and(|known| known.profile == agent.profile);
        if !same_words {
            self.learn(&agent.profile, now);
        }
        self.agents.insert(agent.id.as_str().to_owned(), Arc::new(agent));
        if !same_words && self.terms.len() > 2 * self.terms_in_use + FEW_TERMS {
            self.renumber(now);
        }
    }

    /// Takes the words of an agent that is to be put. Before many tasks are, so that each is placed among them once.
    pub fn learn(&mut self, profile: &Profile, now: Moment) {
        let words = self.terms.of_agent(profile).into_iter().map(|(word, _)| word);
        let new: Vec<_> = words.filter(|word| self.vocabulary.insert(*word)).collect();
        self.regroup(&new, now);
    }

    /// Forgets words that no task and no agent has any more.
    fn renumber(&mut self, now: Moment) {
        self.terms = Terms::default();
        self.vocabulary.clear();
        for agent in self.agents.values() {
            self.vocabulary.extend(self.terms.of_agent(&agent.profile).into_iter().map(|(word, _)| word));
        }
        for card in self.cards.values_mut() {
            card.terms = self.terms.of_task(&card.task);
        }
        self.terms_in_use = self.terms.len();
        self.replace_ready(now);
    }

    /// Words have become known: ready tasks that have them change their group.
    fn regroup(&mut self, words: &[u32], now: Moment) {
        if words.is_empty() {
            return;
        }
        let touched = |card: &Card| {
            card.spot.is_some() && words.iter().any(|word| card.terms.binary_search(word).is_ok())
        };
        let ids: Vec<_> =
            self.cards.iter().filter(|(_, card)| touched(card)).map(|(id, _)| Arc::clone(id)).collect();
        for id in ids {
            self.place(&id, now);
        }
    }

    /// Works out anew how a task stands; when it opens or closes, also those it is tied to.
    pub(super) fn place(&mut self, id: &str, now: Moment) {
        let Some((id, card)) = self.cards.get_key_value(id) else { return };
        let (id, was) = (Arc::clone(id), card.standing);
        let standing = self.standing(card, now.store);
        let terms: Box<[u32]> =
            card.terms.iter().copied().filter(|term| self.vocabulary.contains(term)).collect();
        let unblocks = self.unblocks(&id);
        let Some(card) = self.cards.get_mut(&id) else { return };
        if let Some(spot) = card.spot.take() {
            self.ready.remove(&spot);
        }
        if standing == Standing::Ready {
            let words = (terms, unblocks, self.reserved.contains(&id));
            card.spot = Some(self.ready.insert(&card.task, &id, words, now.wall));
        }
        if let Some(old) = card.ends_at.take() {
            self.ends.remove(&(old, Arc::clone(&id)));
        }
        let live = card.claim.as_ref().filter(|claim| claim.is_live(now.store));
        if let Some(claim) = live {
            self.ends.insert((claim.expires_at, Arc::clone(&id)));
            card.ends_at = Some(claim.expires_at);
        }
        card.standing = standing;
        let place = Standings::place(standing, card, &id);
        self.standings.remove(was, card.placed.replace(place.clone()).as_ref());
        self.standings.put(standing, place);
        self.became_ready |= standing == Standing::Ready && was != Standing::Ready;
        if was.is_closed() != standing.is_closed() {
            self.knots_changed += 1;
            let task = Arc::clone(&card.task);
            self.waiting.turned(&task.dependencies, was.is_closed());
            self.place_dependents(&id, now);
            for dependency in &task.dependencies {
                self.replace_spot(dependency, now);
            }
        }
    }

    fn place_dependents(&mut self, id: &str, now: Moment) {
        for dependent in self.waiting.of(id) {
            // A task that opens or closes only changes whether others wait, never whether they are closed.
            if self.is_open(&dependent) {
                self.place(&dependent, now);
            }
        }
    }

    /// How much a ready task unblocks has changed.
    fn replace_spot(&mut self, id: &str, now: Moment) {
        if self.cards.get(id).is_some_and(|card| card.spot.is_some()) {
            self.place(id, now);
        }
    }

    fn standing(&self, card: &Card, now: StoreMillis) -> Standing {
        let claim = card.claim.as_deref();
        match shown_status(card.task.status, claim, now) {
            TaskStatus::Done => Standing::Done,
            TaskStatus::Cancelled => Standing::Cancelled,
            TaskStatus::Blocked => Standing::Blocked,
            TaskStatus::Backlog => Standing::Backlog,
            TaskStatus::InProgress if claim.is_some_and(|claim| claim.is_live(now)) => Standing::Held,
            TaskStatus::InProgress => Standing::WithPerson,
            TaskStatus::Todo if self.is_untold(&card.task) => Standing::Held,
            TaskStatus::Todo if !may_be_granted(claim, now) => Standing::Blocked,
            TaskStatus::Todo if card.task.assignee.is_some() => Standing::Assigned,
            TaskStatus::Todo if card.task.dependencies.iter().any(|id| self.is_open(id)) => Standing::Waiting,
            TaskStatus::Todo => Standing::Ready,
        }
    }

    /// Whether that task is known and not closed, so that others wait for it.
    pub(super) fn is_open(&self, id: &str) -> bool {
        self.cards.get(id).is_some_and(|card| !card.standing.is_closed())
    }

    /// How many open tasks wait for that one.
    pub(super) fn unblocks(&self, id: &str) -> u32 {
        self.waiting.open(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AgentId;

    fn task(id: &str, dependencies: &[&str]) -> Task {
        Task { dependencies: dependencies.iter().map(|id| (*id).to_owned()).collect(), ..Task::todo(id) }
    }

    #[test]
    fn open_tasks_that_wait_are_counted_once_each_however_they_come_and_go() {
        let mut picture = Picture::default();
        let now = Moment::same(1);
        picture.put_task(task("waits", &["first", "first", "other", "first"]), now);
        assert_eq!(picture.unblocks("first"), 1, "before it is known itself");
        picture.put_task(task("first", &[]), now);
        picture.put_task(task("too", &["first"]), now);
        assert_eq!((picture.unblocks("first"), picture.unblocks("other")), (2, 1));
        let done = Task { status: TaskStatus::Done, updated_at: UnixMillis(2), ..task("too", &["first"]) };
        picture.put_task(done, now);
        assert_eq!(picture.unblocks("first"), 1, "a closed one waits no more");
        let other = Task { updated_at: UnixMillis(2), ..task("waits", &["other"]) };
        picture.put_task(other, now);
        assert_eq!((picture.unblocks("first"), picture.unblocks("other")), (0, 1));
        let again = Task { updated_at: UnixMillis(3), ..task("too", &["first", "other"]) };
        picture.put_task(again, now);
        assert_eq!((picture.unblocks("first"), picture.unblocks("other")), (1, 2));
        picture.remove_task("too", now);
        picture.remove_task("waits", now);
        assert_eq!((picture.unblocks("first"), picture.unblocks("other")), (0, 0));
        assert!(picture.waiting.is_empty(), "nothing is kept of what is gone");
    }

    #[test]
    fn a_board_on_which_all_wait_for_one_is_read_in_a_moment() {
        let begun = std::time::Instant::now();
        let mut picture = Picture::default();
        let now = Moment::same(1);
        picture.put_task(task("one", &[]), now);
        for number in 0..20_000 {
            picture.put_task(task(&number.to_string(), &["one"]), now);
        }
        assert_eq!(picture.unblocks("one"), 20_000);
        assert!(begun.elapsed().as_secs() < 30, "{:?} for 20,000 tasks", begun.elapsed());
    }

    #[test]
    fn words_that_nobody_has_any_more_are_forgotten() {
        let mut picture = Picture::default();
        for version in 1..=1_000 {
            let skills = (0..50).map(|number| format!("skill{version}x{number}")).collect();
            let agent = Agent {
                id: AgentId::try_from(String::from("a")).unwrap(),
                owner: String::from("u"),
                profile: Profile { name: String::from("a"), role: String::new(), skills },
                registered_at: UnixMillis(0),
                completed: 0,
                held: None,
                notices: Vec::new(),
                version,
            };
            picture.put_agent(agent, Moment::default());
        }
        assert!(picture.terms.len() <= FEW_TERMS + 200, "{} of 50,000", picture.terms.len());
        assert!(picture.vocabulary.len() <= picture.terms.len());
    }
}
