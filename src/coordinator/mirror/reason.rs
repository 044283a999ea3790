//! Why a task is offered or not: one answer for pages and tools. Everything is looked at in bounded steps, since it is done under the
//! picture's lock.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
};

use super::{
    card::{Card, Standing},
    picture::Picture,
};
use crate::model::{ClaimState, Moment, Severity, StoreMillis, shortened, visible};

/// Ready tasks that are counted to say where one stands in line.
const MOST_COUNTED: usize = 1_000;
/// Tasks that are followed to see whether one waits for itself.
const MOST_FOLLOWED: usize = 500;
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
        /// How many there are.
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

impl Picture {
    /// Why the task of that id is offered or not at `now`; `None`: there is no such task.
    pub fn reason(&mut self, id: &str, now: Moment) -> Option<Reason> {
        self.advance(now);
        let card = self.cards.get(id)?;
        Some(match card.standing {
            Standing::Ready => Reason::Ready { place: self.place_in_line(id) },
            Standing::Waiting => self.waits(id, card),
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

    fn waits(&self, id: &str, card: &Card) -> Reason {
        if let Some(keys) = self.circle(id) {
            return Reason::Circle { keys };
        }
        let key = |id: &str| self.cards.get(id).map_or_else(|| id.to_owned(), |card| card.task.key.clone());
        let open = self.open_dependencies(&card.task).take(MOST_NAMED).map(key).collect();
        Reason::Waits { open, count: self.open_dependencies(&card.task).count() }
    }

    /// The shortest way from a task over what it waits for back to it, as keys.
    fn circle(&self, id: &str) -> Option<Vec<String>> {
        let mut from: HashMap<&str, &str> = HashMap::new();
        let mut next = VecDeque::from([id]);
        while let Some(at) = next.pop_front() {
            for waited in self.cards.get(at).into_iter().flat_map(|card| self.open_dependencies(&card.task)) {
                if waited == id {
                    return Some(self.keys_back(at, &from));
                }
                if from.len() < MOST_FOLLOWED && !from.contains_key(waited) {
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
}
