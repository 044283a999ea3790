//! Tasks by how they stand, each kind in an order of its own, so that a page of one is read from its front, or from where
//! the page before ended, however many there are.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    card::{Card, Standing},
    place::GroupPlace,
};

/// Tasks counted by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandingCounts([usize; Standing::COUNT]);

impl StandingCounts {
    /// How many stand so.
    pub const fn of(&self, standing: Standing) -> usize {
        self.0[standing as usize]
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// Why an agent that asks is given nothing; `None`: there is something.
    pub fn nothing(&self) -> Option<NoTaskReason> {
        (self.of(Standing::Ready) == 0).then(|| self.no_task())
    }

    /// Why an agent that asks is given nothing, when it is.
    pub fn no_task(&self) -> NoTaskReason {
        let closed = self.of(Standing::Done) + self.of(Standing::Cancelled);
        if self.total() > 0 && closed == self.total() {
            NoTaskReason::ProjectComplete
        } else if self.of(Standing::Waiting) > 0 {
            NoTaskReason::WaitingOnDependencies
        } else if self.of(Standing::Held) + self.of(Standing::Ready) > 0 {
            NoTaskReason::AllClaimed
        } else {
            NoTaskReason::NoOpenTasks
        }
    }
}

/// Why there is nothing to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTaskReason {
    /// No task is open.
    NoOpenTasks,
    /// Every open task is held.
    AllClaimed,
    /// What is left waits for tasks that are not done.
    WaitingOnDependencies,
    /// Every task is done.
    ProjectComplete,
    /// The gateway is about to stop.
    ShuttingDown,
}

/// The sets.
#[derive(Default)]
pub(super) struct Standings([BTreeSet<GroupPlace>; Standing::COUNT]);

impl Standings {
    /// The place of a task that is not ready.
    pub(super) fn place(standing: Standing, card: &Card, id: &Arc<str>) -> GroupPlace {
        let rank = match standing {
            Standing::Held => card.ends_at.map_or(i64::MAX, |end| end.0),
            Standing::Done | Standing::Cancelled => card.task.updated_at.0.saturating_neg(),
            _ => card.task.priority as i64,
        };
        GroupPlace { rank, created_at: card.task.created_at, id: Arc::clone(id) }
    }

    pub(super) fn of(&self, standing: Standing) -> &BTreeSet<GroupPlace> {
        &self.0[standing as usize]
    }

    pub(super) fn put(&mut self, standing: Standing, place: GroupPlace) {
        self.0[standing as usize].insert(place);
    }

    pub(super) fn remove(&mut self, standing: Standing, place: Option<&GroupPlace>) {
        if let Some(place) = place {
            self.0[standing as usize].remove(place);
        }
    }

    pub(super) fn counts(&self) -> StandingCounts {
        StandingCounts(std::array::from_fn(|standing| self.0[standing].len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        coordinator::mirror::{AGE_STEP_MILLIS, LookerWords, Order, Picture},
        model::{Claim, ClaimState, Moment, Priority, Profile, StoreMillis, Task, TaskStatus, UnixMillis},
    };

    const NOW: Moment = Moment::same(1_800_000_000_000);
    const ALL: [Standing; Standing::COUNT] = [
        Standing::Ready,
        Standing::Waiting,
        Standing::Assigned,
        Standing::Held,
        Standing::WithPerson,
        Standing::Blocked,
        Standing::Backlog,
        Standing::Done,
        Standing::Cancelled,
    ];
    const PRIORITIES: [Priority; 5] =
        [Priority::Urgent, Priority::High, Priority::Medium, Priority::Low, Priority::None];

    /// Status, priority, age in half steps, which earlier task it waits for, whether a person has it; the end of a lease, in
    /// minutes from now; whether rust is among its labels.
    type Drawn = ((usize, usize, i64, Option<usize>), (bool, Option<i64>, bool));

    fn task(number: usize, ((status, priority, age, waits_for), (assigned, _, labelled)): Drawn) -> Task {
        let made = NOW.wall.plus(-age * AGE_STEP_MILLIS / 2 - number as i64 % 3);
        let waits_for = waits_for.filter(|other| *other < number);
        Task {
            status: TaskStatus::ALL[status],
            priority: PRIORITIES[priority],
            labels: labelled.then(|| String::from("Rust")).into_iter().collect(),
            dependencies: waits_for.map(|other| format!("t{other}")).into_iter().collect(),
            assignee: assigned.then(|| String::from("sam")),
            created_at: made,
            updated_at: made.plus(number as i64 * 7_919 % 1_000),
            ..Task::todo(&format!("t{number}"))
        }
    }

    fn claim(number: usize, minutes: i64) -> Claim {
        let expires_at = NOW.store.plus(minutes * 60_000);
        Claim { granted_at: StoreMillis(1), expires_at, ..Claim::held(&format!("t{number}"), "a") }
    }

    /// How a task stands, from nothing but the tasks and leases: written apart from what the picture does.
    fn expected_standing(number: usize, tasks: &[(Task, Option<i64>)]) -> Standing {
        let (task, lease) = &tasks[number];
        let status = match lease {
            Some(minutes) if *minutes > 0 => return Standing::Held,
            Some(_) => TaskStatus::Todo,
            None => task.status,
        };
        let is_open = |id: &String| {
            let other: usize = id[1..].parse().unwrap();
            !matches!(expected_standing(other, tasks), Standing::Done | Standing::Cancelled)
        };
        match status {
            TaskStatus::Backlog => Standing::Backlog,
            TaskStatus::InProgress => Standing::WithPerson,
            TaskStatus::Blocked => Standing::Blocked,
            TaskStatus::Done => Standing::Done,
            TaskStatus::Cancelled => Standing::Cancelled,
            TaskStatus::Todo if task.assignee.is_some() => Standing::Assigned,
            TaskStatus::Todo if task.dependencies.iter().any(is_open) => Standing::Waiting,
            TaskStatus::Todo => Standing::Ready,
        }
    }

    fn paged(picture: &Picture, standing: Standing, words: &LookerWords, limit: usize) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let places = picture.places(standing, words, after.as_ref(), limit);
            for place in &places {
                assert_eq!(picture.place_of(&place.id, words), Some((standing, place.clone())));
            }
            ids.extend(places.iter().map(|place| place.id.to_string()));
            after = places.last().cloned();
            if places.len() < limit {
                return ids;
            }
        }
    }

    proptest! {
        #[test]
        fn each_group_has_just_the_tasks_that_stand_so_in_their_order_page_after_page(
            drawn in proptest::collection::vec(
                (
                    (0..6_usize, 0..5_usize, 0..12_i64, proptest::option::of(0..40_usize)),
                    (proptest::bool::weighted(0.2), proptest::option::weighted(0.3, -5..9_i64), any::<bool>()),
                ),
                1..40,
            ),
            limit in 1..7_usize,
        ) {
            let tasks: Vec<_> =
                drawn.iter().enumerate().map(|(number, drawn)| (task(number, *drawn), drawn.1.1)).collect();
            let profile =
                Profile { name: String::new(), role: String::new(), skills: vec![String::from("rust")] };
            let mut picture = Picture::default();
            // Every change of a task passes: first all stand otherwise, one is taken away, and leases end while they are looked at.
            for (task, _) in &tasks {
                let before = Task { status: TaskStatus::Done, updated_at: UnixMillis(1), ..task.clone() };
                picture.put_task(before, NOW.plus(-AGE_STEP_MILLIS));
            }
            picture.put_task(Task::todo("gone"), NOW.plus(-AGE_STEP_MILLIS));
            picture.remove_task("gone", NOW.plus(-AGE_STEP_MILLIS));
            picture.learn(&profile, NOW.plus(-AGE_STEP_MILLIS));
            for (number, (task, lease)) in tasks.iter().enumerate() {
                picture.put_task(task.clone(), NOW.plus(-AGE_STEP_MILLIS));
                if let Some(minutes) = lease {
                    picture.put_claim(claim(number, *minutes), NOW.plus(-AGE_STEP_MILLIS));
                }
            }
            let counts = picture.counts(NOW);
            prop_assert_eq!(counts.total(), tasks.len());
            for words in [LookerWords::default(), picture.words_of(&profile)] {
                for standing in ALL {
                    let mut here: Vec<_> =
                        (0..tasks.len()).filter(|number| expected_standing(*number, &tasks) == standing).collect();
                    let unblocks = |id: &String| {
                        (0..tasks.len())
                            .filter(|number| tasks[*number].0.dependencies.contains(id))
                            .filter(|number| !expected_standing(*number, &tasks).is_closed())
                            .count() as u32
                    };
                    here.sort_by_key(|number| {
                        let (task, lease) = &tasks[*number];
                        let rank = match standing {
                            Standing::Held => lease.unwrap(),
                            Standing::Done | Standing::Cancelled => -task.updated_at.0,
                            _ => task.priority as i64,
                        };
                        // Of a task that is closed on its board no words are known.
                        let has_words = !task.labels.is_empty() && !task.is_closed();
                        let matches = usize::from(!words.is_empty() && has_words);
                        let offered = (task.priority, task.created_at, task.id.as_str());
                        let order = Order::new(offered, matches, unblocks(&task.id), NOW.wall);
                        let is_ready = standing == Standing::Ready;
                        (is_ready.then_some(order), rank, task.created_at, task.id.clone())
                    });
                    let here: Vec<_> = here.into_iter().map(|number| tasks[number].0.id.clone()).collect();
                    prop_assert_eq!(counts.of(standing), here.len());
                    prop_assert_eq!(paged(&picture, standing, &words, limit), here, "{:?}", standing);
                }
            }
        }
    }

    #[test]
    fn a_page_of_a_large_group_is_read_from_where_the_one_before_ended() {
        let mut picture = Picture::default();
        for number in 0..20_000 {
            picture
                .put_task(Task { created_at: UnixMillis(number), ..Task::todo(&format!("t{number}")) }, NOW);
        }
        let words = LookerWords::default();
        let first = picture.places(Standing::Ready, &words, None, 19_999);
        let next = picture.places(Standing::Ready, &words, first.last(), 35);
        assert_eq!(next.iter().map(|place| &*place.id).collect::<Vec<_>>(), ["t19999"]);
        let ended = Claim { state: ClaimState::Done, ..Claim::held("t7", "a") };
        picture.put_claim(ended, NOW);
        assert_eq!(picture.counts(NOW).of(Standing::Done), 1);
        assert!(
            !picture.places(Standing::Ready, &words, None, 20_000).iter().any(|place| &*place.id == "t7")
        );
    }
}
