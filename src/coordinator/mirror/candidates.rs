//! What an agent that asks may be granted.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{
    card::Card,
    line::{TaskChoice, TaskLine},
    order::class,
    picture::{Apart, Picture},
    place::TaskPlace,
};
use crate::model::{Agent, Claim, ClaimState, Moment, StoreShare, Task, UnixMillis};

/// A task that can be granted to the agent that asks.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The task.
    pub task: Arc<Task>,
    /// The newest claim on it.
    pub claim: Option<Arc<Claim>>,
    /// Why this one.
    pub why: String,
}

/// How long a process begins elsewhere among equals after another was quicker; then the oldest come first again, so that
/// none is passed over for long.
const APART_MILLIS: i64 = 2_000;
/// How long it stays where it began.
const STAY_MILLIS: i64 = 50;
/// Equals among which it chooses where to begin: more than others take before they are heard of, and enough to matter.
const MOST_APART: usize = 8_192;
const FEWEST_APART: usize = 64;

impl Picture {
    /// What the agent may be granted at `now`, in the order of [`Order`](super::Order). A task whose lease it lost comes before
    /// all; one that another call of this process is about to get comes after those that nobody is; one it gave back itself
    /// comes last. While other calls are on their way, what is in the share comes first among the foremost equals. Reserves the
    /// first.
    pub fn candidates(&mut self, agent: &Agent, choice: TaskChoice, now: Moment) -> Vec<Candidate> {
        self.advance(now);
        let words: BTreeMap<_, _> = self.terms.of_agent(&agent.profile).into_iter().collect();
        // What the agent lost may be about to be another's.
        let wanted = |card: &&Card| !choice.picky || !self.reserved.contains(card.task.id.as_str());
        let cards = self.ranked(agent, &words, choice, now).into_iter().filter(wanted);
        let candidate = |card: &Card| Candidate {
            task: Arc::clone(&card.task),
            claim: card.claim.clone(),
            why: self.why(card, agent, &words, now.wall),
        };
        let candidates: Vec<_> = cards.map(candidate).collect();
        if let Some(first) = candidates.first() {
            self.reserved.insert(first.task.id.as_str().into());
            if let Some(spot) = self.cards.get(first.task.id.as_str()).and_then(|card| card.spot.as_ref()) {
                self.ready.reserve(spot);
            }
        }
        candidates
    }

    /// The ids of the first `limit` tasks in that order.
    pub fn first_in_line(&mut self, agent: &Agent, limit: usize, now: Moment) -> Vec<String> {
        self.advance(now);
        let words: BTreeMap<_, _> = self.terms.of_agent(&agent.profile).into_iter().collect();
        let choice = TaskChoice { limit, picky: false, share: StoreShare::WHOLE };
        self.ranked(agent, &words, choice, now).into_iter().map(|card| card.task.id.clone()).collect()
    }

    /// Another process was quicker. As long as that goes on, this one begins elsewhere among the tasks that are equal but
    /// for their age, so that they do not choose the same again and again. `chance` says where.
    pub fn start_apart(&mut self, agent: &Agent, chance: usize, now: Moment) {
        if self.apart.as_ref().is_some_and(|apart| now.store.since(apart.since) < STAY_MILLIS) {
            return;
        }
        self.apart = None;
        let words: HashSet<_> =
            self.terms.of_agent(&agent.profile).into_iter().map(|(word, _)| word).collect();
        let class = |id: &Arc<str>| self.cards.get(id).and_then(|card| Some(card.spot.as_ref()?.class()));
        let mut best = self.ready.best(&words, None).take(MOST_APART).peekable();
        let first = best.peek().and_then(|id| class(id));
        let equals: Vec<_> = best.take_while(|id| class(id) == first).collect();
        if equals.len() < FEWEST_APART {
            return;
        }
        let chosen = equals[chance % equals.len()];
        let Some(card) = self.cards.get(chosen) else { return };
        self.apart = Some(Apart { from: TaskPlace::of(&card.task), since: now.store });
    }

    /// Where to begin among equals.
    fn from(&self, now: Moment) -> Option<&TaskPlace> {
        let recent = |apart: &&Apart| now.store.since(apart.since) < APART_MILLIS;
        self.apart.as_ref().filter(recent).map(|apart| &apart.from)
    }

    fn ranked(
        &self,
        agent: &Agent,
        words: &BTreeMap<u32, String>,
        choice: TaskChoice,
        now: Moment,
    ) -> Vec<&Card> {
        let numbers: HashSet<_> = words.keys().copied().collect();
        let lost = agent.held.as_ref().map(|held| held.task_id.as_str());
        let lost = lost.filter(|id| self.cards.get(*id).is_some_and(|card| is_lost_by(card, agent)));
        let mut line = TaskLine::new(choice, self.reserved.len());
        let best = self.ready.best(&numbers, self.from(now)).filter(|id| lost != Some(&***id));
        for id in best {
            if line.leaves(id) {
                continue;
            }
            let Some((card, spot)) = self.cards.get(id).and_then(|card| Some((card, card.spot.as_ref()?)))
            else {
                continue;
            };
            let rank = (spot.class(), spot.matches(&numbers), spot.place().0);
            line.put(card, rank, is_given_back_by(card, agent));
            if line.free.len() >= choice.limit {
                break;
            }
        }
        let again = lost.and_then(|id| self.cards.get(id));
        let is_short = line.free.len() + line.of_others.len() < choice.limit;
        let others = (is_short && !choice.picky).then(|| self.ready.reserved(&numbers));
        let reserved = others.into_iter().flatten().filter(|id| lost != Some(&***id));
        let reserved =
            reserved.filter_map(|id| self.cards.get(id)).filter(|card| !is_given_back_by(card, agent));
        again
            .into_iter()
            .chain(line.free)
            .chain(line.of_others)
            .chain(reserved)
            .chain(line.given_back)
            .take(choice.limit)
            .collect()
    }

    /// The call that got `candidates` is over.
    pub fn unreserve(&mut self, task_id: &str) {
        if !self.reserved.remove(task_id) {
            return;
        }
        if let Some(spot) = self.cards.get(task_id).and_then(|card| card.spot.as_ref()) {
            self.ready.unreserve(spot);
            // Whoever waits may have passed over it.
            self.became_ready = true;
        }
    }

    fn why(&self, card: &Card, agent: &Agent, words: &BTreeMap<u32, String>, now: UnixMillis) -> String {
        let task = &card.task;
        let mut parts = Vec::new();
        if is_lost_by(card, agent) && agent.held.as_ref().is_some_and(|held| held.task_id == task.id) {
            parts.push(String::from("you held it when your lease ended"));
        }
        parts.push(format!("{} priority", task.priority));
        let raised = class(task.priority, task.created_at, task.created_at)
            - class(task.priority, task.created_at, now);
        if raised > 0 {
            parts.push(format!("raised {raised} by its age"));
        }
        let mut matched: Vec<_> = card.terms.iter().filter_map(|term| words.get(term)).cloned().collect();
        matched.sort_unstable();
        if !matched.is_empty() {
            parts.push(format!("matches {}", matched.join(", ")));
        }
        let waiting = self.unblocks(&task.id);
        if waiting > 0 {
            parts.push(format!(
                "{waiting} open task{} for it",
                if waiting == 1 { " waits" } else { "s wait" }
            ));
        }
        let unknown = task.dependencies.iter().filter(|id| !self.cards.contains_key(id.as_str())).count();
        if unknown > 0 {
            parts.push(format!("{unknown} of its dependencies are unknown to the board"));
        }
        parts.join("; ")
    }
}

fn is_lost_by(card: &Card, agent: &Agent) -> bool {
    card.spot.is_some() && was_left_by(card, agent, ClaimState::Live)
}

fn is_given_back_by(card: &Card, agent: &Agent) -> bool {
    was_left_by(card, agent, ClaimState::Released)
}

fn was_left_by(card: &Card, agent: &Agent, state: ClaimState) -> bool {
    card.claim.as_ref().is_some_and(|claim| claim.state == state && claim.agent_id == agent.id.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        coordinator::mirror::{AGE_STEP_MILLIS, Order},
        model::{AgentId, Priority, Profile},
    };

    const NOW: Moment = Moment::same(1_800_000_000_000);
    const WORDS: [&str; 4] = ["rust", "docs", "Front-End", "k8s"];
    const PRIORITIES: [Priority; 5] =
        [Priority::Urgent, Priority::High, Priority::Medium, Priority::Low, Priority::None];

    const fn first(limit: usize) -> TaskChoice {
        TaskChoice { limit, picky: false, share: StoreShare::WHOLE }
    }

    fn agent() -> Agent {
        Agent {
            id: AgentId::try_from(String::from("a")).unwrap(),
            owner: String::from("u"),
            profile: Profile {
                name: String::new(),
                role: String::from("Frontend Developer"),
                skills: vec![String::from("Rust"), String::from("Kubernetes")],
            },
            registered_at: NOW.wall,
            completed: 0,
            held: None,
            notices: Vec::new(),
            version: 1,
        }
    }

    /// Number, priority, which words are labels, age in steps, and which earlier task it waits for.
    type Drawn = (usize, u8, i64, Option<usize>);

    fn task(number: usize, (priority, labels, age, waits_for): Drawn) -> Task {
        let label = |(bit, word): (usize, &&str)| (labels >> bit & 1 == 1).then(|| (*word).to_owned());
        let made = NOW.wall.plus(-age * AGE_STEP_MILLIS / 2 - number as i64);
        Task {
            priority: PRIORITIES[priority],
            labels: WORDS.iter().enumerate().filter_map(label).collect(),
            dependencies: waits_for
                .filter(|other| *other < number)
                .map(|other| format!("t{other}"))
                .into_iter()
                .collect(),
            created_at: made,
            updated_at: made,
            ..Task::todo(&format!("t{number}"))
        }
    }

    proptest! {
        #[test]
        fn the_index_offers_in_the_order_of_the_formula(
            drawn in proptest::collection::vec((0..5_usize, 0..16_u8, 0..14_i64, proptest::option::of(0..40_usize)), 1..40),
        ) {
            let tasks: Vec<_> = drawn.iter().enumerate().map(|(number, drawn)| task(number, *drawn)).collect();
            let mut picture = Picture::default();
            let (early, late) = tasks.split_at(tasks.len() / 2);
            for task in early {
                picture.put_task(task.clone(), NOW.plus(-AGE_STEP_MILLIS));
            }
            picture.put_agent(agent(), NOW);
            for task in late {
                picture.put_task(task.clone(), NOW);
            }
            let offered: Vec<_> =
                picture.candidates(&agent(), first(100), NOW).iter().map(|candidate| candidate.task.id.clone()).collect();
            let mut expected: Vec<_> = tasks.iter().filter(|task| task.dependencies.is_empty()).map(|task| {
                let known = ["rust", "Front-End", "k8s"];
                let matches = task.labels.iter().filter(|label| known.contains(&label.as_str())).count();
                let unblocks = tasks.iter().filter(|other| other.dependencies.contains(&task.id)).count();
                Order::new((task.priority, task.created_at, &task.id), matches, unblocks as u32, NOW.wall)
            }).collect();
            expected.sort();
            let expected: Vec<_> = expected.iter().map(|order| order.id().to_owned()).collect();
            prop_assert_eq!(offered, expected);
        }
    }

    #[test]
    fn who_starts_apart_keeps_to_the_order_but_for_age_and_comes_back() {
        let mut picture = Picture::default();
        picture.put_agent(agent(), NOW);
        for number in 0..2_000 {
            picture.put_task(task(number, (number % 5, (number % 16) as u8, 0, None)), NOW);
        }
        for number in 2_000..2_100 {
            picture.put_task(task(number, (4, 0, 0, Some(number % 7))), NOW);
        }
        let offered = |picture: &mut Picture, now| {
            let candidates = picture.candidates(&agent(), first(3_000), now);
            for candidate in &candidates {
                picture.unreserve(&candidate.task.id);
            }
            candidates.into_iter().map(|candidate| candidate.task).collect::<Vec<_>>()
        };
        let before = offered(&mut picture, NOW);
        let rank = |picture: &Picture, task: &Task| {
            let known = ["rust", "Front-End", "k8s"];
            let matches = task.labels.iter().filter(|label| known.contains(&label.as_str())).count();
            (task.priority, std::cmp::Reverse(matches), std::cmp::Reverse(picture.unblocks(&task.id)))
        };
        for chance in [1, 77, 390] {
            let now = NOW.plus(chance * 100);
            picture.start_apart(&agent(), chance as usize, now);
            let apart = offered(&mut picture, now);
            assert_ne!(apart[0].id, before[0].id, "it begins elsewhere");
            assert_eq!(apart.len(), before.len());
            let ranks: Vec<_> = apart.iter().map(|task| rank(&picture, task)).collect();
            assert!(ranks.is_sorted(), "what differs in more than age keeps its order");
            let later = now.plus(APART_MILLIS);
            assert_eq!(offered(&mut picture, later), before, "the oldest come first again");
        }
    }

    #[test]
    fn processes_that_are_asked_at_once_choose_different_tasks_of_equals_and_alone_the_foremost() {
        const TASKS: usize = 2_000;
        const CALLS: usize = 200;
        let process = |number| {
            let mut picture = Picture::default();
            picture.put_agent(agent(), NOW);
            for number in 0..TASKS {
                picture.put_task(task(number, (number % 2, 0, 0, None)), NOW);
            }
            let choice = TaskChoice { share: StoreShare { number, of: 3 }, ..first(4) };
            let foremost = picture.candidates(&agent(), choice, NOW);
            picture.unreserve(&foremost[0].task.id);
            let chosen = (0..CALLS).map(|_| picture.candidates(&agent(), choice, NOW).swap_remove(0).task);
            (chosen.map(|task| (task.priority, task.id.clone())).collect::<Vec<_>>(), foremost)
        };
        let processes = [0, 1, 2].map(process);
        let order: Vec<_> = processes[0].1.iter().map(|candidate| &candidate.task.id).collect();
        for (chosen, foremost) in &processes {
            assert!(
                foremost.iter().map(|candidate| &candidate.task.id).eq(order.clone()),
                "alone it keeps the order"
            );
            assert!(chosen.iter().is_sorted_by_key(|(priority, _)| *priority), "only equals are passed over");
        }
        let of_all = processes.iter().flat_map(|(chosen, _)| chosen);
        let different: HashSet<_> = of_all.map(|(_, id)| id).collect();
        // The first call of each finds nothing on its way.
        assert!(different.len() >= 3 * CALLS - 6, "{} of {}", different.len(), 3 * CALLS);
    }

    #[test]
    fn what_a_clock_that_was_ahead_has_raised_falls_back_with_it() {
        let mut picture = Picture::default();
        picture.put_task(task(0, (3, 0, 2, None)), NOW);
        picture.put_task(task(1, (0, 0, 0, None)), NOW);
        let ahead = Moment { wall: NOW.wall.plus(10 * AGE_STEP_MILLIS), ..NOW };
        let mut first = |now| {
            let offered = picture.candidates(&agent(), first(1), now).swap_remove(0).task;
            picture.unreserve(&offered.id);
            offered.id.clone()
        };
        assert_eq!([NOW, ahead, NOW].map(&mut first), ["t1", "t0", "t1"]);
    }

    #[test]
    fn nothing_starves_beside_a_stream_of_more_urgent_tasks() {
        let mut picture = Picture::default();
        picture.put_agent(agent(), NOW);
        picture.put_task(task(0, (4, 0, 0, None)), NOW);
        let mut now = NOW;
        for number in 1..10_000 {
            now = now.plus(3_600_000);
            let fresh = Task { created_at: now.wall, ..task(number, (0, 1, 0, None)) };
            picture.put_task(fresh, now);
            let first = picture.candidates(&agent(), first(1), now).swap_remove(0).task;
            if first.id == "t0" {
                assert!(now.wall.0 - NOW.wall.0 <= 5 * AGE_STEP_MILLIS + 3_600_000, "after {number} hours");
                return;
            }
            picture.remove_task(&first.id, now);
            picture.unreserve(&first.id);
        }
        panic!("it was never offered");
    }
}
