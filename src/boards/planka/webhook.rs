//! What a webhook of Planka says of cards: which were touched. They are read anew, so nothing of what it says of them is taken.

use serde::Deserialize;

use super::{book::CardBook, wire::moment};
use crate::boards::TouchedTask;

/// What was touched.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// A card, or something that is part of it.
    Card(TouchedTask),
    /// A list with all its cards.
    List(String),
    /// A label on all its cards.
    Label(String),
    /// What all cards are in.
    Frame,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlankaEvent {
    data: DataJson,
    #[serde(default)]
    prev_data: Option<DataJson>,
}

#[derive(Deserialize)]
struct DataJson {
    item: TouchedItem,
    #[serde(default)]
    included: IncludedNames,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TouchedItem {
    id: String,
    #[serde(default)]
    card_id: Option<String>,
    #[serde(default)]
    board_id: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct IncludedNames {
    boards: Vec<PlankaIdJson>,
    cards: Vec<PlankaIdJson>,
}

#[derive(Deserialize)]
struct PlankaIdJson {
    id: String,
}

impl DataJson {
    fn is_of(&self, is_own: &impl Fn(&str) -> bool) -> bool {
        let boards = self.included.boards.iter().map(|board| board.id.as_str());
        boards.chain(self.item.board_id.as_deref()).any(is_own)
    }
}

/// What an event touched; `None` where it is about none of this board's.
pub(super) fn touched(event: &str, payload: &[u8], is_own: impl Fn(&str) -> bool) -> Option<Touched> {
    let named = ["card", "task", "list", "label", "customField", "boardMembership", "boardUpdate"];
    if !named.iter().any(|name| event.starts_with(name)) {
        return None;
    }
    let PlankaEvent { data, prev_data } = serde_json::from_slice(payload).ok()?;
    let is_own = data.is_of(&is_own) || prev_data.is_some_and(|before| before.is_of(&is_own));
    if !is_own {
        return None;
    }
    let DataJson { item, included } = data;
    let card = |id: String| Touched::Card(TouchedTask { id, version: 0 });
    Some(match event {
        "cardCreate" | "cardUpdate" => {
            let at = moment(item.updated_at.as_deref().or(item.created_at.as_deref()));
            Touched::Card(TouchedTask { id: item.id, version: at.0 })
        }
        "cardDelete" => card(item.id),
        "listUpdate" | "listClear" | "listDelete" => Touched::List(item.id),
        "labelUpdate" | "labelDelete" => Touched::Label(item.id),
        _ => match item.card_id.or_else(|| included.cards.into_iter().next().map(|card| card.id)) {
            Some(id) => card(id),
            None => Touched::Frame,
        },
    })
}

impl CardBook {
    /// The tasks that are touched with it.
    pub(super) fn touched_by(&mut self, touched: Touched) -> Vec<TouchedTask> {
        let task = |id: &str| TouchedTask { id: id.to_owned(), version: 0 };
        if !matches!(touched, Touched::Card(_)) {
            self.is_frame_old = true;
        }
        match touched {
            Touched::Card(task) => vec![task],
            Touched::List(list) => {
                self.cards().filter(|card| card.list_id == list).map(|card| task(&card.id)).collect()
            }
            Touched::Label(label) => {
                let has_it = |card: &&super::card::PlankaCard| card.label_ids.contains(&label);
                self.cards().filter(has_it).map(|card| task(&card.id)).collect()
            }
            Touched::Frame => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(event: &str, payload: &Value) -> Option<Touched> {
        touched(event, payload.to_string().as_bytes(), |board| board == "1")
    }

    fn card(id: &str, version: i64) -> Option<Touched> {
        Some(Touched::Card(TouchedTask { id: id.to_owned(), version }))
    }

    #[test]
    fn cards_of_this_board_are_touched_and_nothing_else() {
        let item = |board: &str| json!({"event": "cardUpdate", "data": {"item": {"id": "7", "boardId": board, "updatedAt": "2026-01-01T00:00:00.123Z"}}});
        assert_eq!(of("cardUpdate", &item("1")), card("7", 1_767_225_600_123));
        assert_eq!(of("cardDelete", &item("1")), card("7", 0));
        assert_eq!(of("cardUpdate", &item("2")), None);
        assert_eq!(of("commentCreate", &item("1")), None);
        let mut moved_away = item("2");
        moved_away["prevData"] = json!({"item": {"id": "7", "boardId": "1"}});
        assert_eq!(of("cardUpdate", &moved_away), card("7", 1_767_225_600_123));
        assert_eq!(touched("cardUpdate", b"[", |_| true), None);
    }

    #[test]
    fn what_belongs_to_cards_touches_them() {
        let of_card =
            json!({"data": {"item": {"id": "9", "cardId": "7"}, "included": {"boards": [{"id": "1"}]}}});
        assert_eq!(of("cardLabelCreate", &of_card), card("7", 0));
        let task = json!({"data": {"item": {"id": "9", "taskListId": "8"}, "included": {"boards": [{"id": "1"}], "cards": [{"id": "7"}]}}});
        assert_eq!(of("taskUpdate", &task), card("7", 0));
        let list = json!({"data": {"item": {"id": "3", "boardId": "1"}}});
        assert_eq!(of("listUpdate", &list), Some(Touched::List("3".into())));
        assert_eq!(of("listCreate", &list), Some(Touched::Frame));
        assert_eq!(of("labelUpdate", &list), Some(Touched::Label("3".into())));
    }
}
