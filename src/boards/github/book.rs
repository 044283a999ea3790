//! What this process knows of the board: every issue as it was last read, with what changed in which order. It asks nobody.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    issue::Issue,
    project::GithubProject,
    relations::Relations,
    wire::{IssueJson, ItemJson, RepoJson},
};
use crate::{
    boards::{Changes, Cursor, elsewhere::Journal},
    config::{Offer, StatusNames},
    model::{Task, UnixMillis},
};

/// The board as this process knows it.
pub(super) struct Book {
    pub(super) names: StatusNames,
    pub(super) offer: Option<Offer>,
    pub(super) uses_project: bool,
    pub(super) repo: Option<RepoJson>,
    /// Names of the repository's labels.
    pub(super) labels: Vec<String>,
    pub(super) project: Option<GithubProject>,
    /// Items of the project by the node id of their issue; archived ones are not among them.
    pub(super) items: HashMap<String, ItemJson>,
    known: BTreeMap<u64, KnownIssue>,
    numbers: HashMap<String, u64>,
    relations: Relations,
    /// Numbers that are pull requests, or nothing.
    no_issues: HashSet<u64>,
    dirty: BTreeSet<u64>,
    journal: Journal,
    /// When the newest change was made of those that a list has shown: what is read by itself may be newer than others that are not
    /// read yet.
    listed_to: Option<UnixMillis>,
}

struct KnownIssue {
    issue: Issue,
    /// Issues it waits for by GitHub's own word.
    blockers: Vec<Blocker>,
}

/// An issue that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blocker {
    pub(super) id: String,
    /// Where it is, such as `octo/other#5`, if it is open and in another repository.
    pub(super) elsewhere: Option<String>,
}

impl Book {
    pub(super) fn new(names: StatusNames, offer: Option<Offer>, uses_project: bool) -> Self {
        Self {
            names,
            offer,
            uses_project,
            repo: None,
            labels: Vec::new(),
            project: None,
            items: HashMap::new(),
            known: BTreeMap::new(),
            numbers: HashMap::new(),
            relations: Relations::default(),
            no_issues: HashSet::new(),
            dirty: BTreeSet::new(),
            journal: Journal::default(),
            listed_to: None,
        }
    }

    /// Whether an issue is of this repository, and none of those it was transferred to.
    pub(super) fn is_here(&self, issue: &IssueJson) -> bool {
        let (Some(repo), Some(url)) = (&self.repo, &issue.repository_url) else { return true };
        let end = format!("/{}", repo.full_name).to_ascii_lowercase();
        url.to_ascii_lowercase().ends_with(&end)
    }

    /// Takes an issue as it was read. Pull requests are remembered as none.
    pub(super) fn put(&mut self, json: IssueJson) {
        let number = json.number;
        if json.is_pull_request() || !self.is_here(&json) {
            self.no_issues.insert(number);
            self.remove(number);
            return;
        }
        let issue = Issue::from(json);
        let old = self.known.get(&number).map(|known| &known.issue);
        // Lists and single answers come from different places, and the later one may be the older.
        if old.is_some_and(|old| old.updated_at > issue.updated_at) {
            return;
        }
        let old_parent = old.and_then(|old| old.parent);
        if old.is_none() {
            self.dirty.extend(self.relations.naming(number));
        }
        if old_parent != issue.parent {
            self.dirty.extend(old_parent.into_iter().chain(issue.parent));
        }
        self.relations.replace(number, old, Some(&issue));
        self.no_issues.remove(&number);
        self.numbers.insert(issue.id.clone(), number);
        self.dirty.insert(number);
        let has_blockers = issue.has_blockers;
        let known = self
            .known
            .entry(number)
            .or_insert_with(|| KnownIssue { issue: issue.clone(), blockers: Vec::new() });
        known.issue = issue;
        if !has_blockers {
            known.blockers.clear();
        }
    }

    /// Takes what an issue waits for.
    pub(super) fn put_blockers(&mut self, number: u64, found: Vec<IssueJson>) {
        let mut blockers = Vec::with_capacity(found.len());
        for json in found {
            let (id, is_open) = (json.node_id.clone(), json.is_open());
            if self.is_here(&json) {
                blockers.push(Blocker { id, elsewhere: None });
                self.put(json);
            } else if is_open {
                let path = json.html_url.replace("/issues/", "#");
                let place = path.splitn(4, '/').nth(3).unwrap_or(&path).to_owned();
                blockers.push(Blocker { id, elsewhere: Some(place) });
            }
        }
        if let Some(known) = self.known.get_mut(&number)
            && known.blockers != blockers
        {
            known.blockers = blockers;
            self.dirty.insert(number);
        }
    }

    /// Takes all items of the project. Answers the issues whose item is no more: they may be gone altogether.
    pub(super) fn put_items(&mut self, items: Vec<ItemJson>) -> Vec<u64> {
        let mut by_issue = HashMap::new();
        for item in items.into_iter().filter(|item| !item.is_archived) {
            if let Some(id) = item.content.as_ref().and_then(|content| content.id.clone()) {
                by_issue.insert(id, item);
            }
        }
        let ids: HashSet<_> = by_issue.keys().chain(self.items.keys()).cloned().collect();
        let is_same = |old: Option<&ItemJson>, new: Option<&ItemJson>| match (old, new) {
            (Some(old), Some(new)) => old.id == new.id && old.updated_at == new.updated_at,
            (old, new) => old.is_none() && new.is_none(),
        };
        let changed = ids.iter().filter(|id| !is_same(self.items.get(*id), by_issue.get(*id)));
        self.dirty.extend(changed.filter_map(|id| self.numbers.get(id)));
        let lost = self.items.keys().filter(|id| !by_issue.contains_key(*id));
        let lost = lost.filter_map(|id| self.numbers.get(id).copied()).collect();
        self.items = by_issue;
        lost
    }

    /// Takes the project's item of one issue.
    pub(super) fn put_item(&mut self, issue: &str, item: Option<ItemJson>) {
        match item.filter(|item| !item.is_archived) {
            Some(item) => self.items.insert(issue.to_owned(), item),
            None => self.items.remove(issue),
        };
        self.dirty.extend(self.numbers.get(issue));
    }

    /// Forgets an issue that is not there any more.
    pub(super) fn remove(&mut self, number: u64) {
        let Some(known) = self.known.remove(&number) else { return };
        self.numbers.remove(&known.issue.id);
        self.items.remove(&known.issue.id);
        self.relations.replace(number, Some(&known.issue), None);
        self.dirty.extend(known.issue.parent);
        self.dirty.extend(self.relations.naming(number));
        self.journal.forget(&known.issue.id);
    }

    /// Notes which tasks have become others by what was taken.
    pub(super) fn settle(&mut self) {
        for number in std::mem::take(&mut self.dirty) {
            if let Some(task) = self.task(number) {
                self.journal.note(&task);
            }
        }
    }

    /// Everything is to be composed anew: what all of it depends on has changed.
    pub(super) fn touch_all(&mut self) {
        self.dirty.extend(self.known.keys());
    }

    /// What changed since a place; everything where that place is none of this book's.
    pub(super) fn changes(&self, since: Option<&Cursor>) -> Changes {
        let cursor = self.journal.cursor();
        let Some(since) = since.and_then(|since| self.place(since)) else {
            let tasks = self.known.keys().filter_map(|number| self.task(*number)).collect();
            return Changes { tasks, gone: Vec::new(), is_whole: true, cursor, read_at: None };
        };
        let changed = self.known.values().filter(|known| self.journal.has_changed(&known.issue.id, since));
        let tasks = changed.filter_map(|known| self.task(known.issue.number)).collect();
        Changes { tasks, gone: self.journal.gone_since(since), is_whole: false, cursor, read_at: None }
    }

    /// The place that a cursor stands for, if it is one of this book's that is still known.
    pub(super) fn place(&self, cursor: &Cursor) -> Option<u64> {
        self.journal.place(cursor)
    }

    /// A list was read with all that belongs to it, whose newest change was made then.
    pub(super) fn note_listed(&mut self, newest: Option<UnixMillis>) {
        self.listed_to = self.listed_to.max(newest);
    }

    /// The newest change that a list has shown.
    pub(super) const fn listed_to(&self) -> Option<UnixMillis> {
        self.listed_to
    }

    pub(super) fn issue(&self, number: u64) -> Option<&Issue> {
        self.known.get(&number).map(|known| &known.issue)
    }

    pub(super) fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.known.values().map(|known| &known.issue)
    }

    /// The number of the issue that a request made. Of copies of its text, the first counts.
    pub(super) fn made_by(&self, once: &str) -> Option<u64> {
        let made = self.known.values().find(|known| known.issue.once.as_deref() == Some(once));
        made.map(|known| known.issue.number)
    }

    /// Those of the numbers whose issues wait for open ones by GitHub's own word.
    pub(super) fn blocked(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let is_blocked = |number: &u64| self.issue(*number).is_some_and(|issue| issue.has_blockers);
        numbers.into_iter().filter(is_blocked).collect()
    }

    pub(super) fn number(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    pub(super) fn blockers(&self, number: u64) -> &[Blocker] {
        self.known.get(&number).map_or(&[], |known| &known.blockers)
    }

    /// The node ids of an issue's parts that are known.
    pub(super) fn parts(&self, number: u64) -> impl Iterator<Item = &str> {
        let parts = self.relations.parts(number);
        parts.filter_map(|part| self.issue(part)).map(|issue| issue.id.as_str())
    }

    /// Numbers that texts of open issues name and that are not known.
    pub(super) fn unknown_named(&self) -> BTreeSet<u64> {
        let is_unknown = |number: &u64| !self.known.contains_key(number) && !self.no_issues.contains(number);
        self.relations.named().filter(is_unknown).collect()
    }

    /// A number that is no issue.
    pub(super) fn is_none(&mut self, number: u64) {
        self.no_issues.insert(number);
    }

    /// The task of an issue.
    pub(super) fn task(&self, number: u64) -> Option<Task> {
        Some(self.compose(self.issue(number)?))
    }
}
