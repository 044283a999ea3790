//! Why a task is offered or not: one answer for pages and tools. Everything is looked at in bounded steps, since it is done under the
//! picture's lock: of one task, and of all tasks of a page together.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
};

use super::{
    card::{Card, Standing},
    picture::Picture,
    workspace::Mirror,
};
use crate::model::{ClaimState, Moment, Severity, StoreMillis, shortened, visible};

/// Ready tasks that are counted to say where one stands in line.
const MOST_COUNTED: usize = 1_000;
/// Dependencies that are looked at to see whether a task waits for itself. Tasks may name a hundred others each, so that few tasks are
/// many dependencies.
const MOST_FOLLOWED: usize = 2_000;
/// The same of all tasks of a page together.
const MOST_FOLLOWED_OF_PAGE: usize = 16_000;
/// Dependencies of one task that are looked at to name those that are open. By a tool none has more than a hundred.
const MOST_DEPENDENCIES: usize = 1_000;
/// Tasks that are named.
const MOST_NAMED: usize = 10;
/// Characters of an agent's words.
const MOST_WORDS: usize = 300;

/// Why a task is offered or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is offered.
    Ready {
        /// Its place in the order for an agent without matching skills, from 1; `None`: behind the first thousand.
        place: Option<usize>,
    },
    /// It waits for others.
    Waits {
        /// Keys of open tasks it depends on, ten at most.
        open: Vec<String>,
        /// How many there are among the first thousand it names.
        count: usize,
    },
    /// It waits for itself, by way of others.
    Circle {
        /// Keys of the tasks of the circle in their order, itself first, ten at most.
        keys: Vec<String>,
    },
    /// A person has it.
    Person {
        /// Their name, if the board says it.
        name: Option<String>,
    },
    /// An agent holds it.
    Held {
        /// The agent.
        agent: String,
        /// When its lease ends unless renewed.
        until: StoreMillis,
    },
    /// The board has still to tell whether an agent holds it.
    Untold,
    /// It is blocked.
    Blocked {
        /// The agent that said so; `None`: a person moved it there.
        by: Option<String>,
        /// How bad that is.
        severity: Option<Severity>,
        /// What was said.
        words: String,
    },
    /// Its holders lost it in a row.
    Parked {
        /// Who did.
        lost_by: Vec<String>,
    },
    /// It is not open yet.
    Backlog,
    /// Nothing more is to be done.
    Closed,
}

/// What may still be followed for the tasks of a page. Each has an equal share, and what one leaves is for those after it, so that
/// what is said of a task does not hang on how much there is behind those before it.
struct PageSteps {
    left: usize,
    tasks: usize,
}

impl PageSteps {
    const fn of(tasks: usize) -> Self {
        Self { left: MOST_FOLLOWED_OF_PAGE, tasks }
    }

    /// Lets one task take its share: `follow` says how much of it is left.
    fn share<T>(&mut self, follow: impl FnOnce(&mut usize) -> T) -> T {
        let share = (self.left / self.tasks.max(1)).min(MOST_FOLLOWED);
        let mut left = share;
        let result = follow(&mut left);
        self.left -= share - left;
        self.tasks = self.tasks.saturating_sub(1);
        result
    }
}

impl Mirror {
    /// Why the tasks of a page are offered or not at `now`, in their order. None of them holds up who else looks at the picture.
    pub fn reasons<'a>(
        &self,
        ids: impl ExactSizeIterator<Item = &'a str>,
        now: Moment,
    ) -> Vec<Option<Reason>> {
        let mut steps = PageSteps::of(ids.len());
        let mut reason = |id| steps.share(|left| self.with(|picture| picture.reason_within(id, left, now)));
        ids.map(&mut reason).collect()
    }
}

impl Picture {
    /// Why the task of that id is offered or not at `now`; `None`: there is no such task.
    pub fn reason(&mut self, id: &str, now: Moment) -> Option<Reason> {
        let mut left = MOST_FOLLOWED;
        self.reason_within(id, &mut left, now)
    }

    /// The same, by a look at so many dependencies of others at most; what is left of them stays there.
    fn reason_within(&mut self, id: &str, left: &mut usize, now: Moment) -> Option<Reason> {
        self.advance(now);
        let card = self.cards.get(id)?;
        Some(match card.standing {
            Standing::Ready => Reason::Ready { place: self.place_in_line(id) },
            Standing::Waiting => self.waits(id, card, left),
            Standing::Assigned | Standing::WithPerson => Reason::Person { name: card.task.assignee.clone() },
            Standing::Held => match card.claim.as_ref().filter(|claim| claim.is_live(now.store)) {
                Some(claim) => Reason::Held { agent: claim.agent_id.clone(), until: claim.expires_at },
                None => Reason::Untold,
            },
            Standing::Blocked => blocked(card),
            Standing::Backlog => Reason::Backlog,
            Standing::Done | Standing::Cancelled => Reason::Closed,
        })
    }

    fn place_in_line(&self, id: &str) -> Option<usize> {
        let no_words = HashSet::new();
        self.ready
            .best(&no_words, None)
            .take(MOST_COUNTED)
            .position(|other| &**other == id)
            .map(|place| place + 1)
    }

    fn waits(&self, id: &str, card: &Card, left: &mut usize) -> Reason {
        if let Some(keys) = self.circle(id, left) {
            return Reason::Circle { keys };
        }
        let key = |id: &str| self.cards.get(id).map_or_else(|| id.to_owned(), |card| card.task.key.clone());
        let first = card.task.dependencies.iter().take(MOST_DEPENDENCIES);
        let mut open = first.filter(|id| self.is_open(id));
        let keys: Vec<_> = open.by_ref().take(MOST_NAMED).map(|id| key(id)).collect();
        Reason::Waits { count: keys.len() + open.count(), open: keys }
    }

    /// The shortest way from a task over what it waits for back to it, as keys. Looks at `left` dependencies at most: behind more
    /// than that no circle is looked for, and the task is said to wait, which is true.
    fn circle(&self, id: &str, left: &mut usize) -> Option<Vec<String>> {
        if self.unblocks(id) == 0 {
            return None;
        }
        let mut from: HashMap<&str, &str> = HashMap::new();
        let mut next = VecDeque::from([id]);
        while let Some(at) = next.pop_front() {
            for waited in self.cards.get(at).into_iter().flat_map(|card| &card.task.dependencies) {
                *left = left.checked_sub(1)?;
                if waited == id {
                    return Some(self.keys_back(at, &from));
                }
                if !from.contains_key(waited.as_str()) && self.is_open(waited) {
                    from.insert(waited, at);
                    next.push_back(waited);
                }
            }
        }
        None
    }

    fn keys_back(&self, last: &str, from: &HashMap<&str, &str>) -> Vec<String> {
        let way = std::iter::successors(Some(last), |at| from.get(at).copied());
        let key = |id: &str| Some(self.cards.get(id)?.task.key.clone());
        let mut keys: Vec<_> = way.filter_map(key).collect();
        keys.reverse();
        keys.truncate(MOST_NAMED);
        keys
    }
}

fn blocked(card: &Card) -> Reason {
    match card.claim.as_deref() {
        Some(claim) if claim.state == ClaimState::Blocked => Reason::Blocked {
            by: Some(claim.agent_id.clone()),
            severity: claim.severity,
            words: shortened(&claim.message, MOST_WORDS),
        },
        Some(claim) if matches!(claim.state, ClaimState::Parked | ClaimState::Live) => {
            let mut lost_by = claim.lost_by.clone();
            if claim.state == ClaimState::Live && !claim.expiry_recorded {
                lost_by.push(claim.agent_id.clone());
            }
            Reason::Parked { lost_by }
        }
        _ => Reason::Blocked { by: None, severity: None, words: String::new() },
    }
}

/// The sentence that says it, without a moment: the end of a lease is for who knows the time.
impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready { place: Some(1) } => out.write_str("Offered next."),
            Self::Ready { place: Some(place) } => write!(out, "Offered, number {place} in line."),
            Self::Ready { place: None } => out.write_str("Offered, behind a thousand others."),
            Self::Waits { open, count } => {
                write!(out, "Not offered: it waits for {}", open.join(", "))?;
                match count.saturating_sub(open.len()) {
                    0 => out.write_str("."),
                    more => write!(out, " and {more} more."),
                }
            }
            Self::Circle { keys } if keys.len() < 2 => out.write_str("Not offered: it waits for itself."),
            Self::Circle { keys } => {
                write!(
                    out,
                    "Not offered, ever: {} wait for each other. Take one dependency away.",
                    keys.join(", ")
                )
            }
            Self::Person { name: Some(name) } => write!(out, "Not offered: {} has it.", visible(name)),
            Self::Person { name: None } => out.write_str("Not offered: a person works on it."),
            Self::Held { agent, .. } => write!(out, "Not offered: {} holds it.", visible(agent)),
            Self::Untold => {
                out.write_str("Not offered: the board has still to tell whether an agent holds it.")
            }
            Self::Blocked { by: Some(by), .. } => {
                write!(out, "Not offered: {} is blocked on it.", visible(by))
            }
            Self::Blocked { by: None, .. } => out.write_str("Not offered: the board has it as blocked."),
            Self::Parked { lost_by } => {
                write!(out, "Not offered: parked, {} lost it in a row. ", visible(&lost_by.join(", ")))?;
                out.write_str("Move it to To Do to have it offered again.")
            }
            Self::Backlog => out.write_str("Not offered: it is in the backlog. Move it to To Do to open it."),
            Self::Closed => out.write_str("Nothing more is to be done."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Claim, Task, TaskStatus};

    const NOW: Moment = Moment::same(5_000);

    fn said(picture: &mut Picture, id: &str) -> String {
        picture.reason(id, NOW).unwrap().to_string()
    }

    fn waiting(id: &str, on: &[&str]) -> Task {
        Task { dependencies: on.iter().map(|id| (*id).to_owned()).collect(), ..Task::todo(id) }
    }

    #[test]
    fn every_open_task_says_why_it_is_offered_or_not() {
        let mut picture = Picture::default();
        for task in [
            Task::todo("first"),
            Task { created_at: crate::model::UnixMillis(2), ..Task::todo("second") },
            waiting("waits", &["first", "unknown"]),
            Task { assignee: Some(String::from("cyn")), ..Task::todo("hers") },
            Task { status: TaskStatus::InProgress, ..Task::todo("theirs") },
            Task { status: TaskStatus::Blocked, ..Task::todo("stuck") },
            Task { status: TaskStatus::Backlog, ..Task::todo("later") },
            Task { status: TaskStatus::Done, ..Task::todo("done") },
            Task::todo("held"),
            Task::todo("parked"),
        ] {
            picture.put_task(task, NOW);
        }
        picture.put_claim(Claim::held("held", "ana"), NOW);
        let lost_by = ["dov", "eli", "dov"].map(String::from).to_vec();
        picture.put_claim(Claim { state: ClaimState::Parked, lost_by, ..Claim::held("parked", "dov") }, NOW);
        for (id, sentence) in [
            ("first", "Offered next."),
            ("second", "Offered, number 2 in line."),
            ("waits", "Not offered: it waits for first."),
            ("hers", "Not offered: cyn has it."),
            ("theirs", "Not offered: a person works on it."),
            ("stuck", "Not offered: the board has it as blocked."),
            ("later", "Not offered: it is in the backlog. Move it to To Do to open it."),
            ("done", "Nothing more is to be done."),
            ("held", "Not offered: ana holds it."),
            (
                "parked",
                "Not offered: parked, dov, eli, dov lost it in a row. Move it to To Do to have it offered again.",
            ),
        ] {
            assert_eq!(said(&mut picture, id), sentence, "{id}");
        }
        assert_eq!(picture.reason("nowhere", NOW), None);
    }

    #[test]
    fn a_circle_is_told_with_its_way_and_a_long_chain_is_not_followed_for_ever() {
        let mut picture = Picture::default();
        for (id, on) in [("a", "b"), ("b", "c"), ("c", "a"), ("outside", "a")] {
            picture.put_task(waiting(id, &[on]), NOW);
        }
        assert_eq!(
            picture.reason("b", NOW),
            Some(Reason::Circle { keys: ["b", "c", "a"].map(String::from).to_vec() })
        );
        let outside = picture.reason("outside", NOW).unwrap();
        assert_eq!(outside, Reason::Waits { open: vec![String::from("a")], count: 1 });
        for number in 0..20_000 {
            picture.put_task(waiting(&format!("n{number}"), &[&format!("n{}", (number + 1) % 20_000)]), NOW);
        }
        assert!(
            matches!(picture.reason("n0", NOW), Some(Reason::Waits { .. })),
            "a circle too long to be walked"
        );
    }

    /// 650 tasks that each wait for a hundred others, as far as there are so many behind them, and so for no end of ways.
    fn dense() -> Picture {
        let mut picture = Picture::default();
        for number in 0..650 {
            let on: Vec<_> = (number + 1..650).take(100).map(|other| format!("d{other}")).collect();
            let on: Vec<_> = on.iter().map(String::as_str).collect();
            picture.put_task(waiting(&format!("d{number}"), &on), NOW);
        }
        picture
    }

    #[test]
    fn a_few_tasks_with_many_dependencies_are_not_all_walked_for_each_of_them() {
        let mut picture = dense();
        for id in ["d1", "d300", "d648"] {
            let mut left = MOST_FOLLOWED;
            assert!(matches!(picture.reason_within(id, &mut left, NOW), Some(Reason::Waits { .. })), "{id}");
            assert_eq!(left == 0, id != "d648", "{id}: no more than that is followed, and no less");
        }
        let mut steps = PageSteps::of(500);
        for number in 0..500 {
            let id = format!("d{number}");
            let reason = steps.share(|left| picture.reason_within(&id, left, NOW));
            assert!(matches!(reason, Some(Reason::Waits { count: 100, .. })), "{id}: {reason:?}");
        }
        assert!(steps.left <= MOST_FOLLOWED_OF_PAGE / 500, "{} are left for nobody", steps.left);
    }

    #[test]
    fn a_circle_is_told_on_a_page_of_tasks_that_use_up_all_they_may() {
        let mirror = Mirror::new();
        mirror.with(|picture| *picture = dense());
        mirror.with(|picture| {
            for (id, on) in [("a", "b"), ("b", "a")] {
                picture.put_task(waiting(id, &[on]), NOW);
            }
        });
        let ids: Vec<_> = (1..35).map(|number| format!("d{number}")).chain([String::from("a")]).collect();
        let reasons = mirror.reasons(ids.iter().map(String::as_str), NOW);
        assert!(reasons[..34].iter().all(|reason| matches!(reason, Some(Reason::Waits { .. }))));
        let circle = Reason::Circle { keys: ["a", "b"].map(String::from).to_vec() };
        assert_eq!(reasons[34], Some(circle));
        assert_eq!(mirror.reasons(ids.iter().map(String::as_str), NOW), reasons, "again the same");
    }

    #[test]
    fn of_very_many_dependencies_the_first_are_looked_at() {
        let mut picture = Picture::default();
        let names: Vec<_> = (0..3_000).map(|number| format!("o{number}")).collect();
        for name in &names {
            picture.put_task(Task::todo(name), NOW);
        }
        picture.put_task(waiting("epic", &names.iter().map(String::as_str).collect::<Vec<_>>()), NOW);
        let Some(Reason::Waits { open, count }) = picture.reason("epic", NOW) else { panic!("it waits") };
        assert_eq!((open.len(), count), (MOST_NAMED, MOST_DEPENDENCIES));
    }
}
