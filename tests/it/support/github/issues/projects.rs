//! What there is of projects: fields of one choice, and items.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A project's row and the row of one of its items.
pub type ItemId = (usize, usize);

pub struct Project {
    pub owner: String,
    pub number: u64,
    pub title: String,
    pub is_closed: bool,
    pub fields: Vec<ProjectField>,
    pub items: Vec<Item>,
    /// What the workflow for closed issues sets `Status` to, if it is on.
    pub when_closed: Option<&'static str>,
}

#[derive(Clone)]
pub struct ProjectField {
    pub name: String,
    /// None if it is a field of text.
    pub options: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Issue(usize),
    Pull(usize),
    Draft(String),
    /// What is not shown to the project's readers.
    Redacted,
}

#[derive(Clone, Debug, Default)]
pub struct ItemState {
    /// Options by field.
    pub values: BTreeMap<usize, usize>,
    pub is_archived: bool,
    pub is_gone: bool,
    pub updated_at: i64,
}

pub struct Item {
    pub content: Content,
    pub created_at: i64,
    pub now: ItemState,
    past: Vec<(Instant, Option<ItemState>)>,
}

impl Content {
    /// Its id in the graph and its type, as webhooks have them.
    pub fn named(&self, issue_id: &dyn Fn(usize) -> String) -> (String, &'static str) {
        match self {
            Self::Issue(index) => (issue_id(*index), "Issue"),
            Self::Pull(index) => (format!("PR_kwDO{index:04}"), "PullRequest"),
            Self::Draft(title) => (format!("DI_{title}"), "DraftIssue"),
            Self::Redacted => (String::from("I_redacted"), "Issue"),
        }
    }
}

impl Item {
    pub fn new(content: Content, at: i64, lag: Duration) -> Self {
        let now = ItemState { updated_at: at, ..ItemState::default() };
        let mut item = Self { content, created_at: at, now, past: Vec::new() };
        item.lags(lag, None);
        item
    }

    /// What a read shows of it; nothing if it shows none.
    pub fn seen(&self) -> Option<&ItemState> {
        if self.past.is_empty() {
            return Some(&self.now).filter(|state| !state.is_gone);
        }
        let moment = Instant::now();
        let past = self.past.iter().find(|(until, _)| *until > moment);
        past.map_or(Some(&self.now), |(_, state)| state.as_ref()).filter(|state| !state.is_gone)
    }

    pub fn lags(&mut self, lag: Duration, state: Option<ItemState>) {
        let moment = Instant::now();
        self.past.retain(|(until, _)| *until > moment);
        if !lag.is_zero() {
            self.past.push((moment + lag, state));
        }
    }
}

impl Project {
    pub fn settle(&mut self) {
        self.items.iter_mut().for_each(|item| item.past.clear());
    }

    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The item of that content that was not removed.
    pub fn item_of(&self, content: &Content) -> Option<usize> {
        self.items.iter().position(|item| item.content == *content && !item.now.is_gone)
    }
}

pub fn project_id(project: usize) -> String {
    format!("PVT_kwDOFake{project:03}")
}

pub fn item_id((project, item): ItemId) -> String {
    format!("PVTI_lADOFake{project:03}{item:06}")
}

pub fn field_id(project: usize, field: usize) -> String {
    format!("PVTSSF_lADOFake{project:03}{field:03}")
}

pub fn option_id(project: usize, field: usize, option: usize) -> String {
    format!("{project:02x}{field:02x}{option:04x}")
}

pub fn project_of_id(id: &str) -> Option<usize> {
    id.strip_prefix("PVT_kwDOFake")?.parse().ok()
}

pub fn item_of_id(id: &str) -> Option<ItemId> {
    let rest = id.strip_prefix("PVTI_lADOFake")?;
    Some((rest.get(..3)?.parse().ok()?, rest.get(3..)?.parse().ok()?))
}
