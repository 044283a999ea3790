//! What there is at the fake: flat tables, whose rows name each other by index. Whatever a test adds happened one minute
//! after the last, from 2026-01-05 09:00 UTC on, so that what it looks like is the same each time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{issues::Tracker, objects::Node};

#[derive(Default)]
pub struct World {
    /// Logins by token.
    pub tokens: BTreeMap<String, Token>,
    pub repos: Vec<Repo>,
    pub pulls: Vec<Pull>,
    pub threads: Vec<Thread>,
    pub comments: Vec<Comment>,
    pub reviews: Vec<Review>,
    pub talk: Vec<Talk>,
    /// Whether the filter `head` of a list is ignored, as by servers that keep none.
    pub answers_any_head: bool,
    /// Issues and projects.
    pub tracker: Tracker,
    /// Where the API is.
    pub base: String,
    minutes: u32,
}

/// Who a token is of, and what it may do beyond reading.
#[derive(Clone)]
pub struct Token {
    pub login: String,
    pub writes_pull_requests: bool,
    pub writes_contents: bool,
    pub writes_issues: bool,
    pub reads_projects: bool,
    pub writes_projects: bool,
}

pub struct Repo {
    pub owner: String,
    pub name: String,
    /// Who sees it; everybody if none.
    pub readers: Option<BTreeSet<String>>,
}

pub struct Pull {
    pub repo: usize,
    pub number: u64,
    pub head_owner: String,
    pub branch: String,
    /// `OPEN`, `CLOSED` or `MERGED`.
    pub state: &'static str,
    pub title: String,
    pub updated_at: String,
    pub decision: Option<&'static str>,
}

/// Lines are in the newest diff; `original_line` in that it was written on.
#[derive(Clone)]
pub struct Thread {
    pub pull: usize,
    pub path: String,
    pub line: Option<u64>,
    pub start_line: Option<u64>,
    pub original_line: Option<u64>,
    pub side: &'static str,
    pub is_file: bool,
    pub is_outdated: bool,
    pub resolved_by: Option<String>,
    /// Whether it is resolved; `resolved_by` may be somebody who is gone.
    pub is_resolved: bool,
}

/// What every text has. `{viewer}` in a body is who reads it.
#[derive(Clone)]
pub struct Text {
    /// None of an account that is gone.
    pub author: Option<String>,
    pub association: &'static str,
    pub body: String,
    pub created_at: String,
    pub updated_at: String,
    pub minimized: Option<&'static str>,
}

pub struct Comment {
    pub thread: usize,
    pub text: Text,
    pub hunk: String,
    /// A review that is pending, if it belongs to one.
    pub pending: Option<usize>,
}

pub struct Review {
    pub pull: usize,
    pub state: &'static str,
    pub text: Text,
}

pub struct Talk {
    pub pull: usize,
    pub text: Text,
}

impl World {
    /// The next minute.
    pub fn minute(&mut self) -> String {
        self.minutes += 1;
        let (hour, minute) = (9 + self.minutes / 60, self.minutes % 60);
        format!("2026-01-{:02}T{:02}:{minute:02}:00Z", 5 + hour / 24, hour % 24)
    }

    /// The repository `owner/name`, made if it is not there.
    pub fn repo(&mut self, full_name: &str) -> usize {
        let (owner, name) = full_name.split_once('/').unwrap();
        self.find_repo(owner, name).unwrap_or_else(|| {
            self.repos.push(Repo { owner: owner.to_owned(), name: name.to_owned(), readers: None });
            self.repos.len() - 1
        })
    }

    pub fn find_repo(&self, owner: &str, name: &str) -> Option<usize> {
        self.repos
            .iter()
            .position(|repo| repo.owner.eq_ignore_ascii_case(owner) && repo.name.eq_ignore_ascii_case(name))
    }

    /// An open pull request; `head` is a branch, or `owner:branch` of a fork.
    pub fn open(&mut self, full_name: &str, number: u64, head: &str) -> usize {
        let repo = self.repo(full_name);
        let own = self.repos[repo].owner.clone();
        let (head_owner, branch) =
            head.split_once(':').map_or((own, head), |(owner, branch)| (owner.to_owned(), branch));
        let (title, updated_at) = (format!("Change {number}"), self.minute());
        let branch = branch.to_owned();
        let pull =
            Pull { repo, number, head_owner, branch, state: "OPEN", title, updated_at, decision: None };
        self.pulls.push(pull);
        self.pulls.len() - 1
    }

    /// A thread on a line, with nothing in it yet.
    pub fn thread(&mut self, pull: usize, path: &str, line: u64) -> usize {
        self.threads.push(Thread {
            pull,
            path: path.to_owned(),
            line: Some(line),
            start_line: None,
            original_line: Some(line),
            side: "RIGHT",
            is_file: false,
            is_outdated: false,
            resolved_by: None,
            is_resolved: false,
        });
        self.threads.len() - 1
    }

    pub fn text(&mut self, author: &str, body: &str) -> Text {
        let at = self.minute();
        Text {
            author: Some(author.to_owned()),
            association: "MEMBER",
            body: body.to_owned(),
            created_at: at.clone(),
            updated_at: at,
            minimized: None,
        }
    }

    /// A comment at the end of a thread.
    pub fn comment(&mut self, thread: usize, author: &str, body: &str) -> usize {
        let text = self.text(author, body);
        let line = self.threads[thread].original_line.unwrap_or(1);
        let hunk = format!("@@ -{line},1 +{line},1 @@\n-old\n+new && \"better\" <now>");
        self.comments.push(Comment { thread, text, hunk, pending: None });
        self.comments.len() - 1
    }

    pub fn review(&mut self, pull: usize, author: &str, state: &'static str, body: &str) -> usize {
        let text = self.text(author, body);
        self.reviews.push(Review { pull, state, text });
        self.reviews.len() - 1
    }

    /// A comment below the pull request.
    pub fn say(&mut self, pull: usize, author: &str, body: &str) -> usize {
        let text = self.text(author, body);
        self.talk.push(Talk { pull, text });
        self.talk.len() - 1
    }

    pub fn resolve(&mut self, thread: usize, by: Option<&str>) {
        self.threads[thread].is_resolved = by.is_some();
        self.threads[thread].resolved_by = by.map(str::to_owned);
    }

    pub fn full_name(&self, repo: usize) -> String {
        format!("{}/{}", self.repos[repo].owner, self.repos[repo].name)
    }

    /// A user or an organization.
    pub fn owner_node(&self, login: &str) -> Node {
        let organizations = self.tracker.organizations.iter();
        let known = organizations.clone().find(|known| known.eq_ignore_ascii_case(login));
        known.map_or_else(|| Node::Actor(login.to_owned()), |known| Node::Organization(known.clone()))
    }

    pub fn is_known_owner(&self, login: &str) -> bool {
        let owners = self.repos.iter().map(|repo| &repo.owner);
        let owners = owners.chain(self.tracker.projects.iter().map(|project| &project.owner));
        let mut owners = owners.chain(self.tokens.values().map(|token| &token.login));
        owners.any(|owner| owner.eq_ignore_ascii_case(login))
    }

    pub fn sees_repo(&self, login: &str, repo: usize) -> bool {
        self.repos[repo].readers.as_ref().is_none_or(|readers| readers.contains(login))
    }

    /// Whether that login sees a comment: one of a pending review is its author's alone.
    pub fn sees_comment(&self, login: &str, comment: usize) -> bool {
        self.comments[comment].pending.is_none_or(|review| is_author(login, &self.reviews[review].text))
    }

    pub fn sees_review(&self, login: &str, review: usize) -> bool {
        self.reviews[review].state != "PENDING" || is_author(login, &self.reviews[review].text)
    }

    /// The review that login has pending at a pull request.
    pub fn pending_of(&self, login: &str, pull: usize) -> Option<usize> {
        (0..self.reviews.len()).find(|index| {
            let review = &self.reviews[*index];
            review.pull == pull && review.state == "PENDING" && is_author(login, &review.text)
        })
    }

    pub fn comments_of(&self, login: &str, thread: usize) -> Vec<usize> {
        let all = 0..self.comments.len();
        all.filter(|index| self.comments[*index].thread == thread && self.sees_comment(login, *index))
            .collect()
    }

    /// A pull request as REST has it.
    pub fn pull_json(&self, index: usize) -> Value {
        let pull = &self.pulls[index];
        let full_name = self.full_name(pull.repo);
        json!({
            "id": 7000 + index,
            "node_id": format!("PR_kwDO{index:04}"),
            "number": pull.number,
            "state": if pull.state == "OPEN" { "open" } else { "closed" },
            "title": pull.title,
            "draft": false,
            "html_url": format!("https://github.com/{full_name}/pull/{}", pull.number),
            "user": {"login": pull.head_owner},
            "created_at": pull.updated_at,
            "updated_at": pull.updated_at,
            "head": {
                "ref": pull.branch,
                "label": format!("{}:{}", pull.head_owner, pull.branch),
                "user": {"login": pull.head_owner},
                "repo": {"full_name": format!("{}/{}", pull.head_owner, self.repos[pull.repo].name)},
            },
            "base": {"ref": "main", "repo": {"full_name": full_name}},
        })
    }
}

/// The id of a thread, as callers name it.
pub fn thread_id(thread: usize) -> String {
    format!("PRRT_kwDO{thread:04}")
}

pub fn is_author(login: &str, text: &Text) -> bool {
    text.author.as_deref() == Some(login)
}
