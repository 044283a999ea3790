//! Which tasks became others, and in which order, so that only those are told that changed since a place. A journal is of one process:
//! the place of another one's says nothing to it.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use uuid::Uuid;

use crate::{boards::Cursor, model::Task};

/// Tasks that are gone which are remembered; who asks from before that is told everything.
const MOST_GONE: usize = 10_000;

/// The changes of a board's tasks.
pub(in crate::boards) struct Journal {
    /// Names this journal among those of other processes.
    epoch: String,
    sequence: u64,
    /// Of each task what it was last, as a digest, and when it became that.
    known: HashMap<String, (u64, u64)>,
    gone: VecDeque<(u64, String)>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { epoch: Uuid::new_v4().to_string(), sequence: 0, known: HashMap::new(), gone: VecDeque::new() }
    }
}

impl Journal {
    /// Notes a task as it is, which counts as a change if it was another one before.
    pub(in crate::boards) fn note(&mut self, task: &Task) {
        let digest = digest(task);
        if self.known.get(&task.id).is_some_and(|(known, _)| *known == digest) {
            return;
        }
        self.sequence += 1;
        self.known.insert(task.id.clone(), (digest, self.sequence));
    }

    /// Notes that a task is not there any more.
    pub(in crate::boards) fn forget(&mut self, id: &str) {
        self.known.remove(id);
        self.sequence += 1;
        self.gone.push_back((self.sequence, id.to_owned()));
        while self.gone.len() > MOST_GONE {
            self.gone.pop_front();
        }
    }

    /// The place after all that was noted.
    pub(in crate::boards) fn cursor(&self) -> Cursor {
        Cursor(format!("{} {}", self.epoch, self.sequence))
    }

    /// The place that a cursor stands for, if it is one of this journal's that is still known.
    pub(in crate::boards) fn place(&self, Cursor(text): &Cursor) -> Option<u64> {
        let (epoch, sequence) = text.split_once(' ')?;
        let sequence = sequence.parse().ok().filter(|place| *place <= self.sequence)?;
        let first_gone = self.gone.front().filter(|_| self.gone.len() == MOST_GONE).map_or(0, |(at, _)| *at);
        (epoch == self.epoch && sequence >= first_gone).then_some(sequence)
    }

    /// Whether a task changed since a place. One that was never noted did not.
    pub(in crate::boards) fn has_changed(&self, id: &str, since: u64) -> bool {
        self.known.get(id).is_some_and(|(_, changed)| *changed > since)
    }

    /// Ids of tasks that are gone since a place, and did not come back.
    pub(in crate::boards) fn gone_since(&self, since: u64) -> Vec<String> {
        let gone = self.gone.iter().filter(|(at, id)| *at > since && !self.known.contains_key(id));
        gone.map(|(_, id)| id.clone()).collect()
    }
}

fn digest(task: &Task) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{task:?}").hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_became_another_task_since_a_place_has_changed() {
        let mut journal = Journal::default();
        journal.note(&Task::todo("1"));
        journal.note(&Task::todo("2"));
        let place = journal.place(&journal.cursor()).unwrap();
        journal.note(&Task::todo("1"));
        assert!(!journal.has_changed("1", place) && journal.has_changed("1", 0));
        journal.note(&Task { title: String::from("Another"), ..Task::todo("1") });
        assert!(journal.has_changed("1", place) && !journal.has_changed("2", place));
        assert_eq!(Journal::default().place(&journal.cursor()), None, "of another process");
    }

    #[test]
    fn what_is_gone_is_told_unless_it_came_back() {
        let mut journal = Journal::default();
        journal.note(&Task::todo("1"));
        journal.note(&Task::todo("2"));
        let place = journal.place(&journal.cursor()).unwrap();
        journal.forget("1");
        journal.forget("2");
        journal.note(&Task::todo("2"));
        assert_eq!(journal.gone_since(place), ["1"]);
        assert!(journal.has_changed("2", place));
        assert!(journal.gone_since(place + 1).is_empty());
        for other in 0..MOST_GONE {
            journal.forget(&other.to_string());
        }
        let Cursor(now) = journal.cursor();
        let (epoch, _) = now.split_once(' ').unwrap();
        assert_eq!(
            journal.place(&Cursor(format!("{epoch} {place}"))),
            None,
            "what was gone then is forgotten"
        );
    }
}
