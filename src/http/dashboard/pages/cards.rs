//! A task as a card of the board.

use crate::{
    coordinator::{GroupTask, Standing, TaskCard},
    http::dashboard::{
        PageFrame,
        links::{query, segment},
        moments::TimeLeft,
        words::StateMark,
    },
    model::{Claim, Priority},
};

/// Labels that a card shows.
const MOST_LABELS: usize = 8;

/// A card, as `templates/parts/card.html` shows it.
pub struct CardView {
    pub key: String,
    pub href: String,
    /// The page of what one may do with it, for who may.
    pub acts: Option<String>,
    pub title: String,
    pub priority: PriorityView,
    /// What is marked of it beyond the group it is in.
    pub mark: Option<StateMark>,
    pub holder: Option<HolderView>,
    pub person: Option<String>,
    /// Why it is not offered.
    pub why: Option<String>,
    pub labels: Vec<String>,
    /// Labels that are not shown.
    pub more_labels: usize,
}

/// How pressing a task is.
pub struct PriorityView {
    /// The class in the sheet.
    pub class: &'static str,
    pub word: &'static str,
    pub is_urgent: bool,
}

/// Who holds a task.
pub struct HolderView {
    pub agent: String,
    pub href: String,
    pub mark: StateMark,
    pub percent: u8,
    pub left: TimeLeft,
}

impl CardView {
    /// The card of a task; `may_act`: for somebody who may act on it.
    pub fn of(task: &GroupTask, frame: &PageFrame, may_act: bool) -> Self {
        let GroupTask { card, standing, reason } = task;
        let shown = &card.task;
        let path = task_path(frame, &shown.key);
        let (first, rest) = shown.labels.split_at(shown.labels.len().min(MOST_LABELS));
        let blocked = reason.as_ref().filter(|_| *standing == Standing::Blocked);
        Self {
            acts: may_act.then(|| format!("{path}/act")),
            href: path,
            key: shown.key.clone(),
            title: shown.title.clone(),
            priority: PriorityView::of(shown.priority),
            mark: blocked.map(|reason| StateMark::of_reason(reason, card.status)),
            holder: card.holder().map(|claim| HolderView::of(claim, card, frame)),
            person: person(*standing, card),
            why: reason.as_ref().map(ToString::to_string),
            labels: first.to_vec(),
            more_labels: rest.len(),
        }
    }
}

/// The path of the page of the task of that key.
pub fn task_path(frame: &PageFrame, key: &str) -> String {
    frame.path(&format!("/tasks/{}", segment(key)))
}

/// The path of an agent's page.
pub fn agent_path(frame: &PageFrame, id: &str) -> String {
    // Browsers take these for the way up, however they are written in a path.
    if matches!(id, "." | "..") {
        return frame.path(&format!("/agent{}", query(&[("id", Some(id))])));
    }
    frame.path(&format!("/agents/{}", segment(id)))
}

fn person(standing: Standing, card: &TaskCard) -> Option<String> {
    let is_theirs = matches!(standing, Standing::WithPerson | Standing::Assigned);
    is_theirs.then(|| card.task.assignee.clone().unwrap_or_else(|| String::from("a person")))
}

impl PriorityView {
    const fn of(priority: Priority) -> Self {
        let (class, word) = match priority {
            Priority::Urgent => ("p4", "urgent priority"),
            Priority::High => ("p3", "high priority"),
            Priority::Medium => ("p2", "medium priority"),
            Priority::Low => ("p1", "low priority"),
            Priority::None => ("p0", "no priority"),
        };
        Self { class, word, is_urgent: matches!(priority, Priority::Urgent) }
    }
}

impl HolderView {
    /// The holder of the task under that live claim.
    pub fn of(claim: &Claim, card: &TaskCard, frame: &PageFrame) -> Self {
        let now = card.now;
        let left = TimeLeft::new(now.on_wall(claim.expires_at), frame.lease_millis(), now.wall);
        Self {
            href: agent_path(frame, &claim.agent_id),
            agent: claim.agent_id.clone(),
            mark: if left.is_ending() { StateMark::Ending } else { StateMark::Work },
            percent: claim.progress,
            left,
        }
    }
}
