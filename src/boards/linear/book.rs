//! What this process knows of the board: every issue as it was last read. It asks nobody.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    frame::TeamFrame,
    issue::LinearIssue,
    links::Links,
    wire::{IssueRestJson, LinearIssueJson},
};
use crate::{
    boards::{Changes, Cursor, elsewhere::Journal},
    config::StatusNames,
    model::{Task, UnixMillis},
};

/// The board as this process knows it.
pub(super) struct LinearBook {
    pub(super) names: StatusNames,
    pub(super) frame: Option<TeamFrame>,
    known: BTreeMap<String, LinearIssue>,
    /// Ids by present and former keys, in capitals.
    keys: HashMap<String, String>,
    /// Parts by what they are parts of.
    parts: Links,
    /// Those that wait, by what they wait for.
    waiting: Links,
    dirty: BTreeSet<String>,
    journal: Journal,
    /// When the newest change was made of those that a list has shown: what is read by itself may be newer than others that are not
    /// read yet.
    listed_to: Option<UnixMillis>,
}

impl LinearBook {
    pub(super) fn new(names: StatusNames) -> Self {
        Self {
            names,
            frame: None,
            known: BTreeMap::new(),
            keys: HashMap::new(),
            parts: Links::default(),
            waiting: Links::default(),
            dirty: BTreeSet::new(),
            journal: Journal::default(),
            listed_to: None,
        }
    }

    /// Takes the frame. Without it nothing can be said of an issue, so all are composed anew.
    pub(super) fn put_frame(&mut self, frame: TeamFrame) {
        self.frame = Some(frame);
        self.dirty.extend(self.known.keys().cloned());
    }

    /// Whether an issue is one of this board.
    fn is_here(&self, json: &LinearIssueJson) -> bool {
        let is_there = json.archived_at.is_none() && json.trashed != Some(true);
        is_there
            && self.frame.as_ref().is_none_or(|frame| {
                let project = json.project.as_ref().map(|project| &project.id);
                let is_in = frame.project.as_ref().is_none_or(|wanted| project == Some(&wanted.id));
                json.team.id == frame.team && is_in
            })
    }

    /// Takes an issue as it was read.
    pub(super) fn put(&mut self, json: LinearIssueJson) {
        if !self.is_here(&json) {
            return self.remove(&json.id);
        }
        let mut issue = LinearIssue::from(json);
        let old = self.known.get(&issue.id);
        // Answers come late too, and the later one may be the older.
        if old.is_some_and(|old| old.updated_at > issue.updated_at) {
            return;
        }
        if let Some(old) = old.filter(|old| issue.is_cut && !old.is_cut && old.updated_at == issue.updated_at)
        {
            // What is beyond those that a list shows may have changed all the same: it is asked for.
            (issue.labels, issue.blockers) = (old.labels.clone(), old.blockers.clone());
        }
        self.link(Some(&issue), &issue.id);
        self.known.insert(issue.id.clone(), issue);
    }

    /// Takes all labels and relations of an issue.
    pub(super) fn put_rest(&mut self, id: &str, rest: IssueRestJson) {
        let Some(mut issue) = self.known.get(id).cloned() else { return };
        issue.complete(rest.labels.nodes, rest.inverse_relations.nodes);
        self.link(Some(&issue), id);
        self.known.insert(issue.id.clone(), issue);
    }

    /// Forgets an issue that is not there any more.
    pub(super) fn remove(&mut self, id: &str) {
        if self.known.contains_key(id) {
            self.link(None, id);
            self.known.remove(id);
            self.journal.forget(id);
        }
    }

    /// Notes what becomes of others by an issue that is to take the place of the known one.
    fn link(&mut self, new: Option<&LinearIssue>, id: &str) {
        let old = self.known.get(id);
        let parent =
            |issue: Option<&LinearIssue>| Vec::from_iter(issue.and_then(|issue| issue.parent.clone()));
        let blockers = |issue: Option<&LinearIssue>| issue.map(LinearIssue::blocker_ids).unwrap_or_default();
        let keys = |issue: Option<&LinearIssue>| {
            let keys = issue.into_iter().flat_map(|issue| issue.former_keys.iter().chain([&issue.key]));
            keys.map(|key| key.to_uppercase()).collect::<Vec<_>>()
        };
        let (old_parent, new_parent) = (parent(old), parent(new));
        if old_parent != new_parent {
            self.dirty.extend(old_parent.iter().chain(&new_parent).cloned());
        }
        if old.is_some() != new.is_some() {
            self.dirty.extend(self.waiting.of(id).cloned());
        }
        let (old_keys, new_keys) = (keys(old), keys(new));
        self.waiting.replace(id, &blockers(old), &blockers(new));
        self.parts.replace(id, &old_parent, &new_parent);
        if old_keys != new_keys {
            for key in old_keys {
                self.keys.remove(&key);
            }
            self.keys.extend(new_keys.into_iter().map(|key| (key, id.to_owned())));
        }
        self.dirty.insert(id.to_owned());
    }

    /// Notes which tasks have become others by what was taken.
    pub(super) fn settle(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            if let Some(task) = self.task(&id) {
                self.journal.note(&task);
            }
        }
    }

    /// What changed since a place; everything where that place is none of this book's.
    pub(super) fn changes(&self, since: Option<&Cursor>) -> Changes {
        let place = since.and_then(|cursor| self.journal.place(cursor));
        let is_told = |id: &str| place.is_none_or(|place| self.journal.has_changed(id, place));
        let tasks = self.known.values().filter(|issue| is_told(&issue.id)).map(|issue| self.compose(issue));
        Changes {
            tasks: tasks.collect(),
            gone: place.map(|place| self.journal.gone_since(place)).unwrap_or_default(),
            is_whole: place.is_none(),
            cursor: self.journal.cursor(),
            read_at: None,
        }
    }

    /// Whether a cursor stands for a place of this book.
    pub(super) fn knows(&self, cursor: &Cursor) -> bool {
        self.journal.place(cursor).is_some()
    }

    /// A list was read to its end, whose newest change was made then.
    pub(super) fn note_listed(&mut self, newest: Option<UnixMillis>) {
        self.listed_to = self.listed_to.max(newest);
    }

    /// The newest change that a list has shown.
    pub(super) const fn listed_to(&self) -> Option<UnixMillis> {
        self.listed_to
    }

    pub(super) fn issue(&self, id: &str) -> Option<&LinearIssue> {
        self.known.get(id)
    }

    pub(super) fn issues(&self) -> impl Iterator<Item = &LinearIssue> {
        self.known.values()
    }

    /// Ids of issues that have more than a list shows.
    pub(super) fn cut(&self) -> Vec<String> {
        self.issues().filter(|issue| issue.is_cut).map(|issue| issue.id.clone()).collect()
    }

    /// The id of the issue that has that key or had it.
    pub(super) fn id_of(&self, key: &str) -> Option<String> {
        self.keys.get(&key.to_uppercase()).cloned()
    }

    /// Ids of the parts of an issue that are known.
    pub(super) fn parts(&self, id: &str) -> impl Iterator<Item = &String> {
        self.parts.of(id).filter(|part| self.known.contains_key(*part))
    }

    /// Ids of issues with that label.
    pub(super) fn labelled(&self, label: &str) -> Vec<String> {
        let has_it = |issue: &&LinearIssue| issue.labels.iter().any(|known| known.id == label);
        self.issues().filter(has_it).map(|issue| issue.id.clone()).collect()
    }

    /// The task of an issue.
    pub(super) fn task(&self, id: &str) -> Option<Task> {
        Some(self.compose(self.issue(id)?))
    }
}
