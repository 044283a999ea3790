//! A card as it is kept: what a task is made of.

use std::collections::HashMap;

use super::{
    MARKS,
    wire::{CardJson, IncludedJson, moment},
};
use crate::{
    boards::elsewhere::{TaskText, named_after},
    model::{UnixMillis, visible},
};

/// Beginnings of lines that say what a card waits for; the last two are those of PM Agent.
const WAITS: [&str; 4] = ["depends on", "blocked by", "dependencies:", "🔗 dependencies:"];
/// In the address of a card, before its id.
pub(super) const ADDRESS: &str = "/cards/";
/// Beginnings of PM Agent's line with the hours that a card is expected to take.
const HOURS: [&str; 2] = ["⏱️ estimated:", "estimated:"];

/// A card of the board.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlankaCard {
    pub(super) id: String,
    pub(super) list_id: String,
    pub(super) position: Option<f64>,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) estimate_minutes: Option<u32>,
    /// What the request that made it is known by.
    pub(super) once: Option<String>,
    pub(super) label_ids: Vec<String>,
    /// Ids of the users it is assigned to.
    pub(super) member_ids: Vec<String>,
    /// Its task lists, each with its id and name.
    pub(super) task_lists: Vec<(String, String)>,
    /// Cards that its task lists name and that are not ticked off.
    pub(super) linked: Vec<LinkedCard>,
    /// What its text and items of its task lists say it waits for, in their own words.
    pub(super) named: Vec<String>,
    /// Values of its custom fields by the field's id.
    pub(super) values: Vec<(String, String)>,
    pub(super) created_at: UnixMillis,
    pub(super) updated_at: UnixMillis,
}

/// A card that an item of a task list stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkedCard {
    pub(super) id: String,
    pub(super) title: String,
}

/// What belongs to each of several cards.
#[derive(Default)]
pub(super) struct CardParts {
    labels: HashMap<String, Vec<String>>,
    members: HashMap<String, Vec<String>>,
    task_lists: HashMap<String, Vec<(String, String)>>,
    linked: HashMap<String, Vec<LinkedCard>>,
    named: HashMap<String, Vec<String>>,
    values: HashMap<String, Vec<(String, String)>>,
}

impl CardParts {
    pub(super) fn of(included: &IncludedJson) -> Self {
        let mut parts = Self::default();
        for label in &included.card_labels {
            parts.labels.entry(label.card_id.clone()).or_default().push(label.label_id.clone());
        }
        for member in &included.card_memberships {
            parts.members.entry(member.card_id.clone()).or_default().push(member.user_id.clone());
        }
        let mut card_of = HashMap::new();
        for list in &included.task_lists {
            card_of.insert(list.id.as_str(), list.card_id.as_str());
            let entry = parts.task_lists.entry(list.card_id.clone()).or_default();
            entry.push((list.id.clone(), list.name.clone()));
        }
        for task in included.tasks.iter().filter(|task| !task.is_completed) {
            let Some(card) = card_of.get(task.task_list_id.as_str()).map(|card| (*card).to_owned()) else {
                continue;
            };
            let name = task.name.as_deref().unwrap_or_default();
            if let Some(linked) = &task.linked_card_id {
                let linked = LinkedCard { id: linked.clone(), title: visible(name) };
                parts.linked.entry(card).or_default().push(linked);
            } else if name.contains(ADDRESS) {
                // People paste a card's address where they mean the card.
                parts.named.entry(card).or_default().push(name.trim().to_owned());
            }
        }
        for value in &included.custom_field_values {
            let entry = parts.values.entry(value.card_id.clone()).or_default();
            entry.push((value.custom_field_id.clone(), value.content.clone()));
        }
        parts
    }

    /// A card with its parts.
    pub(super) fn card(&mut self, json: CardJson) -> PlankaCard {
        let whole = json.description.as_deref().unwrap_or_default();
        let text = TaskText::of(whole, MARKS);
        let named = named_after(text.description, &WAITS).into_iter().map(str::to_owned);
        PlankaCard {
            list_id: json.list_id,
            position: json.position,
            title: visible(&json.name),
            description: visible(text.description),
            estimate_minutes: text.estimate_minutes.or_else(|| estimate_in_hours(text.description)),
            once: text.once.map(str::to_owned),
            label_ids: self.labels.remove(&json.id).unwrap_or_default(),
            member_ids: self.members.remove(&json.id).unwrap_or_default(),
            task_lists: self.task_lists.remove(&json.id).unwrap_or_default(),
            linked: self.linked.remove(&json.id).unwrap_or_default(),
            named: named.chain(self.named.remove(&json.id).unwrap_or_default()).collect(),
            values: self.values.remove(&json.id).unwrap_or_default(),
            created_at: moment(json.created_at.as_deref()),
            updated_at: moment(json.updated_at.as_deref().or(json.created_at.as_deref())),
            id: json.id,
        }
    }
}

/// The estimate that PM Agent wrote into a text: `Estimated: 4 hours`.
fn estimate_in_hours(description: &str) -> Option<u32> {
    let named = named_after(description, &HOURS);
    let [hours, unit, ..] = named[..] else { return None };
    let hours: f64 = hours.parse().ok()?;
    let is_some = unit.starts_with("hour") && (0.0..10_000.0).contains(&hours);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within 0 and 600,000")]
    is_some.then(|| (hours * 60.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn card(description: &str) -> PlankaCard {
        let json = json!({"id": "1", "boardId": "2", "listId": "3", "name": "One", "description": description,
            "createdAt": "2026-11-21T19:43:46.181Z", "updatedAt": null});
        CardParts::default().card(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn what_another_gateway_put_into_a_text_is_read() {
        let of_pm_agent = card(
            "Do it\n\n📋 Task Metadata (Auto-generated)\n🏷️ Original ID: 4\n⏱️ Estimated: 1.5 hours\n🔗 Dependencies: 11, 12",
        );
        assert_eq!(
            (of_pm_agent.estimate_minutes, &of_pm_agent.named[..]),
            (Some(90), &["11".to_owned(), "12".to_owned()][..])
        );
        assert!(of_pm_agent.description.starts_with("Do it\n\n📋"), "it stays as people wrote it");
        let ours =
            card("Do it\n- Blocked by #123456\n\nEstimate: 30 minutes\n\n[//]: # (taskgate:once:0199-a)");
        assert_eq!((ours.estimate_minutes, ours.once.as_deref()), (Some(30), Some("0199-a")));
        assert_eq!(
            (&ours.named[..], ours.description.as_str()),
            (&["#123456".to_owned()][..], "Do it\n- Blocked by #123456")
        );
        assert_eq!(card("Estimated: soon").estimate_minutes, None);
    }

    #[test]
    fn a_card_that_never_changed_changed_when_it_was_made() {
        assert_eq!(card("").updated_at, UnixMillis::from_rfc3339("2026-11-21T19:43:46.181Z").unwrap());
    }
}
