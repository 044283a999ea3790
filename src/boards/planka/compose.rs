//! A card as a task: what list, labels, fields, task lists and text say, put together.

use super::{
    book::{CardBook, KEY_DIGITS, key_of},
    card::{ADDRESS, PlankaCard},
    frame::Frame,
    wire::is_id,
};
use crate::{
    boards::elsewhere::labels::{highest_priority, priority_of, status_of, strongest_status},
    model::{Priority, Task, TaskStatus, without_repeats},
};

/// What a task is assigned to whose person is not known by name.
const SOMEBODY: &str = "somebody";

impl CardBook {
    /// The card as a task.
    pub(super) fn compose(&self, frame: &Frame, card: &PlankaCard) -> Task {
        let (status, note) = self.standing(frame, card);
        let is_own = |label: &&str| status_of(&self.names, label).is_none() && priority_of(label).is_none();
        let assignee = card.member_ids.first().map(|id| {
            frame.users.get(id).filter(|name| !name.is_empty()).map_or(SOMEBODY, String::as_str).to_owned()
        });
        Task {
            id: card.id.clone(),
            key: format!("#{}", key_of(&card.id)),
            url: Some(format!("{}{}", self.cards_url, card.id)),
            title: card.title.clone(),
            description: card.description.clone(),
            status,
            priority: self.priority(frame, card),
            labels: frame.names_of(&card.label_ids).filter(is_own).map(str::to_owned).collect(),
            dependencies: if status.is_closed() { Vec::new() } else { self.dependencies(card) },
            assignee,
            estimate_minutes: card.estimate_minutes,
            created_at: card.created_at,
            updated_at: card.updated_at,
            moved_at: None,
            note,
        }
    }

    /// Its priority by its own field, else by its labels.
    fn priority(&self, frame: &Frame, card: &PlankaCard) -> Priority {
        let values = card.values.iter().filter(|(field, _)| self.priority_fields.contains(field));
        let by_field = values.filter_map(|(_, content)| priority_of(content)).min();
        by_field.or_else(|| highest_priority(frame.names_of(&card.label_ids))).unwrap_or(Priority::None)
    }

    /// What it waits for by its task lists and by its text.
    fn dependencies(&self, card: &PlankaCard) -> Vec<String> {
        let linked = card.linked.iter().map(|linked| linked.id.clone());
        let named = card.named.iter().filter_map(|name| self.card_named(name));
        let all = linked.filter(|id| self.card(id).is_some()).chain(named.map(str::to_owned));
        without_repeats(all.filter(|id| *id != card.id).collect())
    }

    /// The card on the board that a name means: its id, its key with or without `#`, or its URL.
    pub(super) fn card_named(&self, name: &str) -> Option<&str> {
        let digits = digits_of(name)?;
        self.card(digits).map(|card| card.id.as_str()).or_else(|| self.of_key(digits))
    }

    /// How it stands, and the reason where Planka's page does not show it.
    fn standing(&self, frame: &Frame, card: &PlankaCard) -> (TaskStatus, Option<String>) {
        let list = frame.list(&card.list_id);
        let in_list = list.and_then(|list| list.status(&self.names));
        if let Some(closed) = in_list.filter(|status| status.is_closed()) {
            return (closed, None);
        }
        let (status, note) = match (self.labelled(frame, card), in_list) {
            (Some(status), _) | (None, Some(status)) => (status, None),
            (None, None) => {
                let name = list.map_or("", |list| list.name.as_str());
                let note = format!("its list `{name}` stands for none of TASKGATE_BOARD_STATUSES");
                (TaskStatus::Backlog, Some(note))
            }
        };
        let is_elsewhere = |id: &str| self.strangers.get(id).copied().unwrap_or_default();
        let elsewhere: Vec<_> = card
            .linked
            .iter()
            .filter(|linked| is_elsewhere(&linked.id))
            .map(|linked| linked.title.as_str())
            .collect();
        if status == TaskStatus::Todo && !elsewhere.is_empty() {
            return (
                TaskStatus::Blocked,
                Some(format!("it waits for {}, on another board", elsewhere.join(", "))),
            );
        }
        (status, note)
    }

    /// The status that its labels say: that it is blocked, or what no list of the board says.
    pub(super) fn labelled(&self, frame: &Frame, card: &PlankaCard) -> Option<TaskStatus> {
        let counts = |label: &&str| match status_of(&self.names, label) {
            Some(TaskStatus::Blocked) => true,
            Some(status) => frame.list_for(&self.names, status).is_none(),
            None => false,
        };
        strongest_status(&self.names, frame.names_of(&card.label_ids).filter(counts))
    }

    /// The statuses that a card can be shown with.
    pub(super) fn shown_statuses(&self) -> Vec<TaskStatus> {
        let Some(frame) = &self.frame else { return TaskStatus::ALL.to_vec() };
        let is_shown = |status: &TaskStatus| {
            frame.list_for(&self.names, *status).is_some()
                || (!status.is_closed() && frame.open_list(&self.names, *status).is_some())
        };
        TaskStatus::ALL.into_iter().filter(is_shown).collect()
    }
}

/// The digits that name a card: an id, a key with or without `#`, or those in its URL.
pub(super) fn digits_of(name: &str) -> Option<&str> {
    let name = name.trim().trim_matches('\\');
    let digits = match name.rsplit_once(ADDRESS) {
        Some((_, rest)) => rest.split(['/', '?', '#']).next()?,
        None => name.strip_prefix('#').unwrap_or(name),
    };
    let is_key = digits.len() == KEY_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_key || is_id(digits)).then_some(digits)
}
