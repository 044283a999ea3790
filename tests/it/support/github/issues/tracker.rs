//! What there is of issues: each with what it is now, and with what a read that lags still shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use taskgate::clock::{Clock, SystemClock};
use time::{OffsetDateTime, macros::format_description};

use super::{Delivery, Project};

#[derive(Default)]
pub struct Tracker {
    pub issues: Vec<Issue>,
    /// Where an issue is, by its repository and number.
    numbers: BTreeMap<(usize, u64), usize>,
    pub comments: Vec<IssueComment>,
    /// Labels by repository, as they were made.
    pub labels: BTreeMap<usize, Vec<String>>,
    /// What people are to the repositories; whoever has a token is a member, and others are nothing.
    pub associations: BTreeMap<String, &'static str>,
    pub organizations: BTreeSet<String>,
    pub projects: Vec<Project>,
    /// What was sent to the webhooks.
    pub deliveries: Vec<Delivery>,
    /// How long reads still show what was before a change.
    pub lag: Duration,
    /// Former names of repositories, in lower case.
    pub renamed: BTreeMap<String, usize>,
    /// Repositories whose issues are turned off.
    pub without_issues: BTreeSet<usize>,
    /// Whether it is a server that knows neither dependencies nor sub-issues.
    pub lacks_relations: bool,
    pub time: Seconds,
}

/// The fake's time in whole seconds, as GitHub's is.
pub struct Seconds {
    at: i64,
    follows_real: bool,
    /// How much each change takes.
    pub step: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    Here,
    Deleted,
    /// Another issue, in another repository.
    Transferred(usize),
}

#[derive(Clone, Debug)]
pub struct IssueState {
    pub title: String,
    pub body: Option<String>,
    pub is_open: bool,
    pub reason: Option<&'static str>,
    pub closed_at: Option<i64>,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub blocked_by: Vec<usize>,
    pub parent: Option<usize>,
    pub updated_at: i64,
    pub whereabouts: Whereabouts,
}

pub struct Issue {
    pub repo: usize,
    pub number: u64,
    /// None of an account that is gone.
    pub author: Option<String>,
    pub created_at: i64,
    pub now: IssueState,
    /// Those below it.
    pub comments: Vec<usize>,
    /// Issues that it blocks, or did.
    pub blocking: BTreeSet<usize>,
    /// Issues that are parts of it, or were.
    pub parts: BTreeSet<usize>,
    /// What reads show until then; nothing of one that was not there.
    past: Vec<(Instant, Option<IssueState>)>,
}

/// What an issue is made of.
#[derive(Clone, Debug, Default)]
pub struct NewIssue {
    pub title: String,
    pub body: Option<String>,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
}

#[derive(Clone)]
pub struct IssueComment {
    pub issue: usize,
    pub author: Option<String>,
    pub body: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub is_deleted: bool,
    pub seen_from: Instant,
}

impl Default for Seconds {
    fn default() -> Self {
        Self { at: 0, follows_real: true, step: 1 }
    }
}

impl Seconds {
    /// The moment of the next change: the real time, or later.
    pub fn tick(&mut self) -> i64 {
        let real = SystemClock::new().now().0 / 1000;
        self.at = (self.at + self.step).max(if self.follows_real { real } else { i64::MIN });
        self.at
    }

    /// From now on it is that second, and goes on as the test says.
    pub fn stand_at(&mut self, seconds: i64) {
        (self.at, self.follows_real) = (seconds - self.step, false);
    }

    pub fn pass(&mut self, seconds: i64) {
        self.at += seconds;
    }
}

impl Issue {
    pub fn new(repo: usize, number: u64, author: &str, new: NewIssue, at: i64) -> Self {
        let now = IssueState {
            title: new.title,
            body: new.body,
            is_open: true,
            reason: None,
            closed_at: None,
            labels: new.labels,
            assignees: new.assignees,
            blocked_by: Vec::new(),
            parent: None,
            updated_at: at,
            whereabouts: Whereabouts::Here,
        };
        Self {
            repo,
            number,
            author: Some(author.to_owned()),
            created_at: at,
            now,
            comments: Vec::new(),
            blocking: BTreeSet::new(),
            parts: BTreeSet::new(),
            past: Vec::new(),
        }
    }

    /// What a read shows of it; nothing if it does not show it yet.
    pub fn seen(&self) -> Option<&IssueState> {
        if self.past.is_empty() {
            return Some(&self.now);
        }
        let moment = Instant::now();
        let past = self.past.iter().find(|(until, _)| *until > moment);
        past.map_or(Some(&self.now), |(_, state)| state.as_ref())
    }

    /// Whether a list shows it.
    pub fn is_listed(&self) -> Option<&IssueState> {
        self.seen().filter(|state| state.whereabouts == Whereabouts::Here)
    }

    /// Reads show this until the lag is over.
    pub fn lags(&mut self, lag: Duration, state: Option<IssueState>) {
        let moment = Instant::now();
        self.past.retain(|(until, _)| *until > moment);
        if !lag.is_zero() {
            self.past.push((moment + lag, state));
        }
    }

    pub fn settle(&mut self) {
        self.past.clear();
    }
}

impl Tracker {
    /// Reads show what is, from now on.
    pub fn settle(&mut self) {
        self.lag = Duration::ZERO;
        self.catch_up();
    }

    /// Reads show what is by now; later changes lag again.
    pub fn catch_up(&mut self) {
        self.issues.iter_mut().for_each(Issue::settle);
        let moment = Instant::now();
        self.comments.iter_mut().for_each(|comment| comment.seen_from = moment);
        self.projects.iter_mut().for_each(Project::settle);
    }

    pub fn add(&mut self, issue: Issue) -> usize {
        let index = self.issues.len();
        self.numbers.insert((issue.repo, issue.number), index);
        self.issues.push(issue);
        index
    }

    pub fn numbered(&self, repo: usize, number: u64) -> Option<usize> {
        self.numbers.get(&(repo, number)).copied()
    }

    /// The number of a repository's newest issue; 0 if there is none.
    pub fn last_number(&self, repo: usize) -> u64 {
        self.numbers.range((repo, 0)..=(repo, u64::MAX)).next_back().map_or(0, |((_, number), _)| *number)
    }

    pub fn comments_of(&self, issue: usize) -> impl Iterator<Item = usize> {
        let moment = Instant::now();
        self.issues[issue].comments.iter().copied().filter(move |index| {
            let comment = &self.comments[*index];
            !comment.is_deleted && comment.seen_from <= moment
        })
    }
}

/// The id by which REST has it.
pub fn database_id(issue: usize) -> u64 {
    2_000_000_000 + issue as u64
}

pub fn of_database_id(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(2_000_000_000)?).ok()
}

/// Its id in the graph.
pub fn node_id(issue: usize) -> String {
    format!("I_kwDOFake{issue:06}")
}

pub fn issue_of_id(id: &str) -> Option<usize> {
    id.strip_prefix("I_kwDOFake")?.parse().ok()
}

/// A second as GitHub writes it.
pub fn written(seconds: i64) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(form).unwrap()
}
