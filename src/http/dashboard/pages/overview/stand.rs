//! *Board*: how many tasks stand how, what is offered next, and what is not.

use crate::{
    coordinator::{Overview, Reason, Standing, TaskCard},
    http::dashboard::{PageFrame, pages::cards::task_path, words::StateMark},
    model::shortened,
};

/// Characters of a title.
const MOST_TITLE: usize = 140;
/// Between two parts of the bar, in percent of it.
const GAP: f64 = 0.6;

/// The card.
pub struct StandView {
    pub is_empty: bool,
    /// What the bar says.
    pub said: String,
    pub parts: Vec<StandPart>,
    pub counts: Vec<StandCount>,
    /// Key, title and page.
    pub next: Vec<(String, String, String)>,
    pub not_offered: Vec<NotOffered>,
    /// Those that wait beyond the ones that are named.
    pub more_waiting: usize,
}

/// A part of the bar.
pub struct StandPart {
    pub colour: &'static str,
    pub x: String,
    pub width: String,
}

/// A count.
pub struct StandCount {
    pub mark: StateMark,
    pub word: &'static str,
    pub count: usize,
    pub href: String,
}

/// A task that waits.
pub struct NotOffered {
    pub key: String,
    pub href: String,
    /// Key and page of what it waits for.
    pub waits_for: Vec<(String, String)>,
    /// How many more it waits for.
    pub more: usize,
    pub rest: &'static str,
}

/// The card of that overview.
pub fn stand(overview: &Overview, frame: &PageFrame) -> StandView {
    let of = |standing| overview.counts.of(standing);
    let parked = overview.needs.parked;
    let rows = [
        (StateMark::Done, "Done", of(Standing::Done), "done"),
        (StateMark::Work, "With an agent", of(Standing::Held), "agent"),
        (StateMark::Person, "With a person", of(Standing::WithPerson) + of(Standing::Assigned), "person"),
        (StateMark::Ready, "Ready to be taken", of(Standing::Ready), "ready"),
        (StateMark::Waiting, "Waiting for others", of(Standing::Waiting), "waiting"),
        (StateMark::Backlog, "Backlog", of(Standing::Backlog), "backlog"),
        (StateMark::Blocked, "Blocked", of(Standing::Blocked).saturating_sub(parked), "blocked"),
        (StateMark::Parked, "Parked", parked, "blocked"),
    ];
    let total: usize = rows.iter().map(|(_, _, count, _)| count).sum();
    let mut at = 0.0;
    let mut parts = Vec::new();
    for (mark, _, count, _) in rows {
        let width = count as f64 * 100.0 / total.max(1) as f64;
        if count > 0 && mark.colour() != "rest" {
            let width = format!("{:.2}%", (width - GAP).max(GAP));
            parts.push(StandPart { colour: mark.colour(), x: format!("{at:.2}%"), width });
        }
        at += width;
    }
    let named = |card: &TaskCard| {
        let key = card.task.key.clone();
        let href = task_path(frame, &key);
        (key, shortened(&card.task.title, MOST_TITLE), href)
    };
    let linked = |key: &String| (key.clone(), task_path(frame, key));
    let waits = overview.not_offered.iter().filter_map(|waiting| {
        let (key, _, href) = named(&waiting.card);
        let (keys, all, rest) = match waiting.reason.as_ref()? {
            Reason::Waits { open, count } => (&open[..], *count, ""),
            Reason::Circle { keys } if keys.len() == 2 => (&keys[1..], 1, " and the other way round"),
            Reason::Circle { keys } => (keys.get(1..2)?, 1, ", and so for itself"),
            _ => return None,
        };
        let more = all.saturating_sub(keys.len());
        Some(NotOffered { key, href, waits_for: keys.iter().map(linked).collect(), more, rest })
    });
    let counts = rows.into_iter().filter(|(mark, _, count, _)| *count > 0 || *mark != StateMark::Backlog);
    StandView {
        is_empty: overview.counts.total() == 0,
        said: format!("{} of {total} tasks are done", of(Standing::Done)),
        parts,
        counts: counts
            .map(|(mark, word, count, group)| StandCount {
                mark,
                word,
                count,
                href: frame.path(&format!("/board#{group}")),
            })
            .collect(),
        next: overview.offered_next.iter().take(1).map(named).collect(),
        not_offered: waits.collect(),
        more_waiting: of(Standing::Waiting).saturating_sub(overview.not_offered.len()),
    }
}
