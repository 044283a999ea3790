//! The board as people look at it: groups of tasks that stand alike, a page of each. Without a text to look for a group is read
//! from its own set; with one the whole board is walked, apart from the threads that serve, and little of it is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::coordinator::{
    Coordinator, CoordinatorError,
    browse::{Search, Seeker, Slices},
    mirror::{GroupPlace, LookerWords, Mirror, Picture, Reason, Standing, TaskCard},
};
use crate::model::{Agent, Moment, Workspace};

/// A group of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoardGroup {
    /// Free for the next agent.
    Ready,
    /// Open, behind others.
    Waiting,
    /// Not open yet.
    Backlog,
    /// Held by an agent.
    Agent,
    /// In progress without an agent, or assigned.
    Person,
    /// Blocked or parked.
    Blocked,
    /// Done.
    Done,
    /// Cancelled.
    Cancelled,
}

impl BoardGroup {
    /// Every group, in the order of the board.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::Waiting,
        Self::Backlog,
        Self::Agent,
        Self::Person,
        Self::Blocked,
        Self::Done,
        Self::Cancelled,
    ];

    /// How its tasks stand.
    pub const fn standings(self) -> &'static [Standing] {
        match self {
            Self::Ready => &[Standing::Ready],
            Self::Waiting => &[Standing::Waiting],
            Self::Backlog => &[Standing::Backlog],
            Self::Agent => &[Standing::Held],
            Self::Person => &[Standing::WithPerson, Standing::Assigned],
            Self::Blocked => &[Standing::Blocked],
            Self::Done => &[Standing::Done],
            Self::Cancelled => &[Standing::Cancelled],
        }
    }
}

/// Which tasks, and how many of each group.
#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    /// The groups.
    pub groups: Vec<BoardGroup>,
    /// Only with that text in key, title or description, whatever its case. Of a closed task the description is not looked at.
    pub query: Option<String>,
    /// Only with that label, whatever its case.
    pub label: Option<String>,
    /// The agent in whose order ready ones stand; without it, or where there is none, they stand as for one without matching skills.
    pub agent: Option<String>,
    /// Where the page before ended, in that group.
    pub after: Option<(BoardGroup, GroupPlace)>,
    /// At most that many of a group.
    pub limit: usize,
}

/// A task of a group.
#[derive(Clone, Debug)]
pub struct GroupTask {
    /// The task.
    pub card: TaskCard,
    /// How it stands.
    pub standing: Standing,
    /// The reason why it is not offered, of one that waits or is blocked.
    pub reason: Option<Reason>,
}

/// A page of a group.
#[derive(Clone, Debug)]
pub struct GroupPage {
    /// The group.
    pub group: BoardGroup,
    /// Its tasks, in their order.
    pub tasks: Vec<GroupTask>,
    /// All that fit, on every page.
    pub total: usize,
    /// Where the next page begins, and how many it has; `None` on the last.
    pub next: Option<(GroupPlace, usize)>,
}

/// The board in groups.
#[derive(Clone, Debug)]
pub struct BoardGroups {
    /// The groups that were asked for.
    pub groups: Vec<GroupPage>,
    /// The agent in whose order ready ones stand.
    pub agent: Option<Arc<Agent>>,
    /// Tasks of the board, cancelled ones left out.
    pub tasks: usize,
}

/// What of a group is kept of a walk.
#[derive(Default)]
struct KeptPlaces {
    total: usize,
    places: BTreeSet<GroupPlace>,
}

impl Coordinator {
    /// The board in groups, a page of each.
    pub async fn groups(
        &self,
        workspace: &Workspace,
        seeker: &Seeker,
        query: GroupQuery,
    ) -> Result<BoardGroups, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let now = self.now();
        let (agent, words) = mirror.with(|picture| {
            let agent = query.agent.as_deref().and_then(|id| picture.agent(id)).map(Arc::clone);
            let words = agent.as_ref().map(|agent| picture.words_of(&agent.profile));
            (agent, words.unwrap_or_default())
        });
        let reads_texts = query.query.is_some() || query.label.is_some();
        let found = if reads_texts {
            let (mirror, query, words) = (Arc::clone(&mirror), query.clone(), words.clone());
            let slices = Slices::new(Arc::clone(&mirror), now);
            let walk = move |slices| walked(slices, &mirror, &query, &words);
            Some(self.searches.run(seeker, slices, walk).await?)
        } else {
            None
        };
        let mut board = mirror.with(|picture| {
            let counts = picture.counts(now);
            let page = |group: &BoardGroup| match &found {
                Some(found) => {
                    let kept = found.get(group);
                    let places = kept.map_or_else(Vec::new, |kept| kept.places.iter().cloned().collect());
                    page(picture, *group, (places, kept.map_or(0, |kept| kept.total)), query.limit, now)
                }
                None => {
                    let total = group.standings().iter().map(|standing| counts.of(*standing)).sum();
                    let after = after(&query, *group);
                    let places = front(picture, *group, (&words, after), 2 * query.limit);
                    page(picture, *group, (places, total), query.limit, now)
                }
            };
            let groups = query.groups.iter().map(page).collect();
            BoardGroups { groups, agent, tasks: counts.total() - counts.of(Standing::Cancelled) }
        });
        let tasks = board.groups.iter_mut().flat_map(|group| &mut group.tasks);
        give_reasons(&mirror, tasks.filter(|task| is_told_why(task.standing)), now);
        Ok(board)
    }
}

const fn is_told_why(standing: Standing) -> bool {
    matches!(standing, Standing::Waiting | Standing::Blocked)
}

/// Gives the tasks of a page the reason why they are not offered.
pub(super) fn give_reasons<'a>(mirror: &Mirror, tasks: impl Iterator<Item = &'a mut GroupTask>, now: Moment) {
    let mut tasks: Vec<_> = tasks.collect();
    let reasons = mirror.reasons(tasks.iter().map(|task| task.card.task.id.as_str()), now);
    for (task, reason) in tasks.iter_mut().zip(reasons) {
        task.reason = reason;
    }
}

fn after(query: &GroupQuery, group: BoardGroup) -> Option<&GroupPlace> {
    query.after.as_ref().filter(|(of, _)| *of == group).map(|(_, place)| place)
}

/// The first places of a group.
fn front(
    picture: &Picture,
    group: BoardGroup,
    (words, after): (&LookerWords, Option<&GroupPlace>),
    limit: usize,
) -> Vec<GroupPlace> {
    let of = |standing: &Standing| picture.places(*standing, words, after, limit);
    let mut places: Vec<_> = group.standings().iter().flat_map(of).collect();
    if group.standings().len() > 1 {
        places.sort();
        places.truncate(limit);
    }
    places
}

/// The page that begins with these places: one of `limit`, and how many the next has.
fn page(
    picture: &Picture,
    group: BoardGroup,
    (places, total): (Vec<GroupPlace>, usize),
    limit: usize,
    now: Moment,
) -> GroupPage {
    let rest = places.len().saturating_sub(limit);
    let next = (rest > 0).then(|| (places[limit - 1].clone(), rest));
    let task = |place: &GroupPlace| {
        let (standing, card) = (picture.standing_of(&place.id)?, picture.card(&place.id, now)?);
        Some(GroupTask { card, standing, reason: None })
    };
    GroupPage { group, tasks: places.iter().take(limit).filter_map(task).collect(), total, next }
}

/// Looks at every task; of each group only the first places are kept.
fn walked(
    slices: Slices,
    mirror: &Mirror,
    query: &GroupQuery,
    words: &LookerWords,
) -> BTreeMap<BoardGroup, KeptPlaces> {
    let mut text = query.query.as_deref().map(Search::new);
    let mut label = query.label.as_deref().map(Search::new);
    let mut found: BTreeMap<BoardGroup, KeptPlaces> = BTreeMap::new();
    for mut cards in slices {
        cards.retain(|card| {
            let task = &card.task;
            label.as_mut().is_none_or(|label| task.labels.iter().any(|other| label.is(other)))
                && text.as_mut().is_none_or(|text| {
                    text.is_in(&task.key) || text.is_in(&task.title) || text.is_in(&task.description)
                })
        });
        let places: Vec<_> = mirror
            .with(|picture| cards.iter().filter_map(|card| picture.place_of(&card.task.id, words)).collect());
        for (standing, place) in places {
            let group = query.groups.iter().find(|group| group.standings().contains(&standing));
            let Some(group) = group else { continue };
            let kept = found.entry(*group).or_default();
            kept.total += 1;
            if after(query, *group).is_some_and(|after| place <= *after) {
                continue;
            }
            kept.places.insert(place);
            if kept.places.len() > 2 * query.limit {
                kept.places.pop_last();
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        coordinator::browse::tests::{mirror_of, task},
        model::{Task, TaskStatus},
    };

    #[test]
    fn every_standing_is_in_one_group() {
        let all: Vec<_> = BoardGroup::ALL.iter().flat_map(|group| group.standings()).collect();
        assert_eq!(all.len(), 9);
        for (number, standing) in all.iter().enumerate() {
            assert!(!all[..number].contains(standing), "{standing:?}");
        }
    }

    #[test]
    fn a_walk_finds_what_the_sets_have_page_after_page() {
        let status = |number: i64| TaskStatus::ALL[number as usize % 6];
        let made = |number| Task {
            status: status(number),
            assignee: (number % 7 == 0).then(|| String::from("sam")),
            labels: vec![String::from("API")],
            ..task(number)
        };
        let mirror = mirror_of((0..700).map(made).collect());
        let words = LookerWords::default();
        for group in BoardGroup::ALL {
            let mut query = GroupQuery {
                groups: vec![group],
                label: Some(String::from("api")),
                limit: 11,
                ..GroupQuery::default()
            };
            let mut seen = 0;
            loop {
                let slices = Slices::new(Arc::clone(&mirror), Moment::default());
                let found = walked(slices, &mirror, &query, &words).remove(&group).unwrap_or_default();
                let walked: Vec<_> = found.places.into_iter().collect();
                let read = mirror.with(|picture| front(picture, group, (&words, after(&query, group)), 22));
                assert_eq!(walked, read, "{group:?}");
                let page =
                    mirror.with(|picture| page(picture, group, (read, found.total), 11, Moment::default()));
                seen += page.tasks.len();
                let Some((next, count)) = page.next else {
                    assert_eq!(seen, page.total, "{group:?}");
                    break;
                };
                assert!((1..=11).contains(&count) && page.tasks.len() == 11);
                query.after = Some((group, next));
            }
        }
    }
}
