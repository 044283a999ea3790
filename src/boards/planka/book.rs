//! What this process knows of the board: its frame and every card as it was last read, with what changed in which order. It asks
//! nobody.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    api::WholeBoard,
    card::{CardParts, PlankaCard},
    frame::{Frame, priority_fields},
    wire::{CardJson, PlankaItem},
};
use crate::{
    boards::{Changes, Cursor, elsewhere::Journal},
    config::StatusNames,
    model::Task,
};

/// Digits at the end of an id that are a card's key.
pub(super) const KEY_DIGITS: usize = 6;
/// Space between two cards of a list, as Planka leaves it.
const GAP: f64 = 65_536.0;
/// Cards elsewhere that are remembered.
const MOST_STRANGERS: usize = 10_000;

/// The board as this process knows it.
pub(super) struct CardBook {
    pub(super) names: StatusNames,
    /// Where people see a card, without its id.
    pub(super) cards_url: String,
    pub(super) frame: Option<Frame>,
    /// The tag of the answer that all of it is from.
    pub(super) etag: Option<String>,
    /// Whether somebody said that the frame has changed.
    pub(super) is_frame_old: bool,
    /// Cards that others name, which are on no list here: whether they are on another board.
    pub(super) strangers: HashMap<String, bool>,
    cards: BTreeMap<String, KnownCard>,
    /// Ids of cards by key, the newest last.
    keys: HashMap<String, BTreeSet<(usize, String)>>,
    /// Ids of all fields for priorities.
    pub(super) priority_fields: HashSet<String>,
    journal: Journal,
    dirty: BTreeSet<String>,
    is_all_dirty: bool,
    /// Labels that were made, each with the readings that were begun by then.
    made_labels: Vec<(u64, String, String)>,
    /// Readings of the whole board that were begun.
    readings: u64,
    /// The last one that is over.
    last_read: u64,
}

struct KnownCard {
    card: PlankaCard,
    age: Age,
}

/// The order of answers about cards: what was read by itself while the board was being read is newer than that.
#[derive(Clone, Copy)]
enum Age {
    /// From that reading of the board.
    Board(u64),
    /// By itself, when so many readings were begun.
    Alone(u64),
}

impl Age {
    const fn is_before(self, reading: u64) -> bool {
        match self {
            Self::Board(begun) | Self::Alone(begun) => begun < reading,
        }
    }

    fn is_after(self, other: Self) -> bool {
        let place = |age: Self| match age {
            Self::Board(begun) => (begun, false),
            Self::Alone(begun) => (begun, true),
        };
        place(self) > place(other)
    }
}

/// What became of a card that was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    /// What is known is newer.
    Older,
    Same,
    Changed,
}

impl CardBook {
    pub(super) fn new(names: StatusNames, cards_url: String) -> Self {
        Self {
            names,
            cards_url,
            frame: None,
            etag: None,
            is_frame_old: false,
            strangers: HashMap::new(),
            cards: BTreeMap::new(),
            keys: HashMap::new(),
            priority_fields: HashSet::new(),
            journal: Journal::default(),
            dirty: BTreeSet::new(),
            is_all_dirty: false,
            made_labels: Vec::new(),
            readings: 0,
            last_read: 0,
        }
    }

    /// Begins a reading of the whole board: its number, and the tag of what is known.
    pub(super) fn begin_reading(&mut self) -> (u64, Option<String>) {
        self.readings += 1;
        (self.readings, self.etag.clone())
    }

    /// Readings that were begun.
    pub(super) const fn readings(&self) -> u64 {
        self.readings
    }

    /// Whether a reading is over that was begun after so many.
    pub(super) const fn was_read_since(&self, readings: u64) -> bool {
        self.last_read > readings
    }

    /// That reading found everything as it is known.
    pub(super) const fn is_as_known(&mut self, reading: u64) {
        (self.last_read, self.is_frame_old) = (reading, false);
    }

    /// Takes the whole board as that reading found it. What was read after its beginning is newer.
    pub(super) fn put_board(&mut self, reading: u64, WholeBoard { board, etag }: WholeBoard) {
        let PlankaItem { item, mut included } = board;
        let mut frame = Frame::of(&item, &included);
        self.made_labels.retain(|(begun, ..)| *begun >= reading);
        for (_, id, name) in &self.made_labels {
            frame.labels.entry(id.clone()).or_insert_with(|| name.clone());
        }
        let cards = std::mem::take(&mut included.cards);
        self.priority_fields.extend(priority_fields(&included).map(str::to_owned));
        if self.frame.as_ref() != Some(&frame) {
            self.frame = Some(frame);
            self.is_all_dirty = true;
        }
        let mut parts = CardParts::of(&included);
        let (mut here, mut is_as_told) = (HashSet::new(), true);
        for card in cards.into_iter().filter(|card| card.board_id == item.id) {
            here.insert(card.id.clone());
            let card = parts.card(card);
            is_as_told &= self.put(card, Age::Board(reading)) != Put::Older;
        }
        let is_gone = |(id, known): (&String, &KnownCard)| {
            (!here.contains(id) && known.age.is_before(reading)).then(|| id.clone())
        };
        for id in self.cards.iter().filter_map(is_gone).collect::<Vec<_>>() {
            self.remove(&id);
        }
        // A tag of what is not all known would hide it for as long as nothing else changes.
        self.etag = etag.filter(|_| is_as_told);
        self.is_as_known(reading);
        self.settle();
    }

    /// Takes a card as it was read by itself after so many readings were begun; it may be on none of the board's lists.
    pub(super) fn put_card(&mut self, board_id: &str, readings: u64, card: PlankaItem<CardJson>) {
        let PlankaItem { item, included } = card;
        let is_in_list = self.frame.as_ref().is_some_and(|frame| frame.list(&item.list_id).is_some());
        if item.board_id == board_id && is_in_list {
            self.priority_fields.extend(priority_fields(&included).map(str::to_owned));
            let card = CardParts::of(&included).card(item);
            if self.put(card, Age::Alone(readings)) == Put::Changed {
                self.etag = None;
            }
            self.settle();
        } else {
            let is_elsewhere = item.board_id != board_id;
            self.is_none(&item.id, is_elsewhere);
        }
    }

    /// A card is on no list here; it may be on another board.
    pub(super) fn is_none(&mut self, id: &str, is_elsewhere: bool) {
        if self.strangers.len() >= MOST_STRANGERS {
            self.strangers.clear();
        }
        self.strangers.insert(id.to_owned(), is_elsewhere);
        self.remove(id);
        self.settle();
    }

    fn put(&mut self, card: PlankaCard, age: Age) -> Put {
        match self.cards.get_mut(&card.id) {
            Some(known) => {
                let is_older = known.card.updated_at > card.updated_at
                    || (known.card.updated_at == card.updated_at && known.age.is_after(age));
                if is_older {
                    return Put::Older;
                }
                known.age = age;
                if known.card == card {
                    return Put::Same;
                }
                self.dirty.insert(card.id.clone());
                known.card = card;
            }
            None => {
                // Others may name it.
                self.is_all_dirty = true;
                self.strangers.remove(&card.id);
                let place = (card.id.len(), card.id.clone());
                self.keys.entry(key_of(&card.id).to_owned()).or_default().insert(place);
                self.cards.insert(card.id.clone(), KnownCard { card, age });
            }
        }
        Put::Changed
    }

    fn remove(&mut self, id: &str) {
        if self.cards.remove(id).is_none() {
            return;
        }
        if let Some(ids) = self.keys.get_mut(key_of(id)) {
            ids.remove(&(id.len(), id.to_owned()));
        }
        (self.is_all_dirty, self.etag) = (true, None);
        self.journal.forget(id);
    }

    /// Notes which tasks have become others by what was taken.
    fn settle(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        if std::mem::take(&mut self.is_all_dirty) {
            dirty.extend(self.cards.keys().cloned());
        }
        for id in dirty {
            if let Some(task) = self.task(&id) {
                self.journal.note(&task);
            }
        }
    }

    /// What changed since a place; everything where that place is none of this book's.
    pub(super) fn changes(&self, since: Option<&Cursor>) -> Changes {
        let (cursor, since) = (self.journal.cursor(), since.and_then(|since| self.journal.place(since)));
        let is_told = |id: &String| since.is_none_or(|since| self.journal.has_changed(id, since));
        let tasks = self.cards.keys().filter(|id| is_told(id)).filter_map(|id| self.task(id)).collect();
        let gone = since.map_or_else(Vec::new, |since| self.journal.gone_since(since));
        Changes { tasks, gone, is_whole: since.is_none(), cursor, read_at: None }
    }

    pub(super) fn card(&self, id: &str) -> Option<&PlankaCard> {
        self.cards.get(id).map(|known| &known.card)
    }

    pub(super) fn cards(&self) -> impl Iterator<Item = &PlankaCard> {
        self.cards.values().map(|known| &known.card)
    }

    /// Remembers a label that was made just now: a reading that was begun before does not have it.
    pub(super) fn know_label(&mut self, id: &str, name: &str) {
        if let Some(frame) = &mut self.frame {
            frame.labels.insert(id.to_owned(), name.to_owned());
            self.made_labels.push((self.readings, id.to_owned(), name.to_owned()));
            self.etag = None;
        }
    }

    /// The card of that key. Of one that several cards have, it cannot be said which is meant.
    pub(super) fn of_key(&self, key: &str) -> Option<&str> {
        let cards = self.keys.get(key)?;
        cards.first().filter(|_| cards.len() == 1).map(|(_, id)| id.as_str())
    }

    /// The card that a request made. Of copies of its text, the first counts.
    pub(super) fn made_by(&self, once: &str) -> Option<&str> {
        let made = self.cards().filter(|card| card.once.as_deref() == Some(once));
        made.min_by_key(|card| (card.id.len(), card.id.as_str())).map(|card| card.id.as_str())
    }

    /// The place behind the last card of a list.
    pub(super) fn end_of(&self, list_id: &str) -> f64 {
        let in_list = self.cards().filter(|card| card.list_id == list_id);
        in_list.filter_map(|card| card.position).fold(0.0, f64::max) + GAP
    }

    /// Ids that task lists of open cards name and of which nothing is known.
    pub(super) fn unknown_linked(&self) -> BTreeSet<String> {
        let linked = self.cards().flat_map(|card| &card.linked).map(|linked| &linked.id);
        let is_unknown = |id: &&String| !self.cards.contains_key(*id) && !self.strangers.contains_key(*id);
        linked.filter(is_unknown).cloned().collect()
    }

    /// The task of a card.
    pub(super) fn task(&self, id: &str) -> Option<Task> {
        Some(self.compose(self.frame.as_ref()?, self.card(id)?))
    }
}

/// The digits at the end of an id that people know a card by.
pub(super) fn key_of(id: &str) -> &str {
    &id[id.len().saturating_sub(KEY_DIGITS)..]
}
