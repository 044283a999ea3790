//! Lists of issues and labels, in pages whose links lead to the repository by its number.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::support::github::{
    rest::{Answered, error},
    world::World,
};

/// One of a list of issues.
struct Row<'a> {
    which: Which,
    number: u64,
    author: Option<&'a str>,
    is_open: bool,
    labels: &'a [String],
    created_at: i64,
    updated_at: i64,
}

#[derive(Clone, Copy)]
enum Which {
    Issue(usize),
    Pull(usize),
}

pub fn missing() -> Answered {
    error(404, "Not Found")
}

fn given(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The second since when something changed; that second is part of it.
pub fn since(url: &Url) -> Option<i64> {
    seconds(&given(url, "since")?)
}

fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// The page that is asked for.
pub fn pages<T>(url: &Url, repo: usize, all: &[T], json: impl Fn(&T) -> Value) -> Answered {
    let number = |name: &str, or: usize| given(url, name).and_then(|text| text.parse().ok()).unwrap_or(or);
    let (size, page) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
    let items: Value = all.iter().skip(size * (page - 1)).take(size).map(json).collect();
    let last = all.len().div_ceil(size).max(1);
    let link = |page: usize, relation: &str| format!("<{}>; rel=\"{relation}\"", page_url(url, repo, page));
    let mut links = Vec::new();
    if page > 1 {
        links.extend([link(page - 1, "prev"), link(1, "first")]);
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    let answered = Answered::ok(items);
    if links.is_empty() { answered } else { answered.with("link", links.join(", ")) }
}

fn page_url(url: &Url, repo: usize, page: usize) -> Url {
    let mut next = url.clone();
    let segments: Vec<_> = url.path_segments().into_iter().flatten().collect();
    let rest = if segments[0] == "repos" { &segments[3..] } else { &segments[2..] };
    next.set_path(&format!("/repositories/{repo}/{}", rest.join("/")));
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "page").collect();
    next.query_pairs_mut().clear().extend_pairs(others).append_pair("page", &page.to_string());
    next
}

/// `GET .../issues`: pull requests are among them.
pub fn issues(world: &World, repo: usize, url: &Url) -> Answered {
    let asked = |name: &str, or: &str| given(url, name).unwrap_or_else(|| or.to_owned());
    let (state, sort) = (asked("state", "open"), asked("sort", "created"));
    let direction = asked("direction", "desc");
    let known = ["open", "closed", "all"].contains(&state.as_str())
        && ["created", "updated", "comments"].contains(&sort.as_str())
        && ["asc", "desc"].contains(&direction.as_str());
    if !known || (given(url, "since").is_some() && since(url).is_none()) {
        return error(422, "Validation Failed");
    }
    let (creator, labels) = (given(url, "creator"), asked("labels", ""));
    let from = since(url).unwrap_or(i64::MIN);
    let mut rows = rows(world, repo);
    rows.retain(|row| {
        (state == "all" || row.is_open == (state == "open"))
            && row.updated_at >= from
            && (creator.is_none() || creator.as_deref() == row.author)
            && has_all(row.labels, &labels)
    });
    if sort == "updated" {
        rows.sort_by_key(|row| (row.updated_at, row.number));
    } else {
        rows.sort_by_key(|row| (row.created_at, row.number));
    }
    if direction == "desc" {
        rows.reverse();
    }
    pages(url, repo, &rows, |row| match row.which {
        Which::Pull(pull) => world.pull_as_issue(pull),
        Which::Issue(issue) => {
            let seen = world.tracker.issues[issue].seen();
            seen.map_or(Value::Null, |state| world.issue_json(issue, state))
        }
    })
}

fn has_all(labels: &[String], wanted: &str) -> bool {
    let mut wanted = wanted.split(',').filter(|wanted| !wanted.is_empty());
    wanted.all(|wanted| labels.iter().any(|label| label.eq_ignore_ascii_case(wanted)))
}

fn rows(world: &World, repo: usize) -> Vec<Row<'_>> {
    let pulls = world.pulls.iter().enumerate().filter(|(_, pull)| pull.repo == repo);
    let pulls = pulls.map(|(index, pull)| {
        let at = seconds(&pull.updated_at).unwrap();
        Row {
            which: Which::Pull(index),
            number: pull.number,
            author: Some(&pull.head_owner),
            is_open: pull.state == "OPEN",
            labels: &[],
            created_at: at,
            updated_at: at,
        }
    });
    let issues = world.tracker.issues.iter().enumerate().filter(|(_, issue)| issue.repo == repo);
    let issues = issues.filter_map(|(index, issue)| {
        let state = issue.is_listed()?;
        Some(Row {
            which: Which::Issue(index),
            number: issue.number,
            author: issue.author.as_deref(),
            is_open: state.is_open,
            labels: &state.labels,
            created_at: issue.created_at,
            updated_at: state.updated_at,
        })
    });
    pulls.chain(issues).collect()
}

/// `GET .../labels`.
pub fn labels(world: &World, repo: usize, url: &Url) -> Answered {
    let mut all = world.tracker.labels.get(&repo).cloned().unwrap_or_default();
    all.sort_by_key(|name| name.to_lowercase());
    pages(url, repo, &all, |name| world.label_json(repo, name))
}
