//! What blocks an issue, and what it is part of.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::{
    lists::{missing, pages},
    tracker::{IssueState, of_database_id},
};
use crate::support::github::{
    rest::{Answered, error},
    world::{Token, World},
};

/// Answers `GET` of a relation of that issue.
pub fn get(world: &World, issue: usize, rest: &[&str], url: &Url) -> Answered {
    let row = &world.tracker.issues[issue];
    let Some(state) = row.seen() else { return missing() };
    let is_seen = |other: &usize| world.tracker.issues[*other].is_listed().is_some();
    let related = |all: &BTreeSet<usize>, of: fn(&IssueState, usize) -> bool| -> Vec<usize> {
        let is_it =
            |other: &&usize| world.tracker.issues[**other].is_listed().is_some_and(|state| of(state, issue));
        all.iter().filter(is_it).copied().collect()
    };
    let all: Vec<usize> = match rest {
        ["dependencies", "blocked_by"] => state.blocked_by.iter().copied().filter(is_seen).collect(),
        ["dependencies", "blocking"] => {
            related(&row.blocking, |state, issue| state.blocked_by.contains(&issue))
        }
        ["sub_issues"] => related(&row.parts, |state, issue| state.parent == Some(issue)),
        ["parent"] => {
            return state.parent.map_or_else(missing, |parent| Answered::ok(with_repository(world, parent)));
        }
        _ => return missing(),
    };
    pages(url, row.repo, &all, |other| with_repository(world, *other))
}

/// An issue of whatever repository, with that.
fn with_repository(world: &World, issue: usize) -> Value {
    let row = &world.tracker.issues[issue];
    let mut json = row.seen().map_or(Value::Null, |state| world.issue_json(issue, state));
    json["repository"] = world.repo_json(row.repo, None);
    json
}

/// Changes a relation of that issue.
pub fn change(
    world: &mut World,
    issue: usize,
    (method, rest): (&str, &[&str]),
    viewer: &Token,
    body: &Value,
) -> Answered {
    let by = viewer.login.clone();
    let other = |id: Option<u64>| {
        let other = id.and_then(of_database_id)?;
        world.tracker.issues.get(other)?.is_listed().map(|_| other)
    };
    match (method, rest) {
        ("POST", ["dependencies", "blocked_by"]) => match other(body["issue_id"].as_u64()) {
            None => missing(),
            Some(other) if other == issue => {
                error(422, "Validation failed: an issue cannot depend on itself")
            }
            Some(other) if world.tracker.issues[issue].now.blocked_by.contains(&other) => {
                error(422, "Validation failed: Target issue has already been taken")
            }
            Some(other) => {
                world.block_issue(issue, &by, other);
                Answered::with_status(201, current(world, issue))
            }
        },
        ("DELETE", ["dependencies", "blocked_by", id]) => match other(id.parse().ok()) {
            Some(other) if world.unblock_issue(issue, &by, other) => Answered::ok(current(world, issue)),
            _ => missing(),
        },
        ("POST", ["sub_issues"]) => match other(body["sub_issue_id"].as_u64()) {
            None => missing(),
            Some(child)
                if world.tracker.issues[child].now.parent.is_some() && body["replace_parent"] != true =>
            {
                error(
                    422,
                    "An error occurred while adding the sub-issue to the parent issue. Sub issue may only have one parent",
                )
            }
            Some(child) => {
                world.nest_issue(child, &by, issue);
                Answered::with_status(201, current(world, issue))
            }
        },
        ("DELETE", ["sub_issue"]) => match other(body["sub_issue_id"].as_u64()) {
            Some(child) if world.tracker.issues[child].now.parent == Some(issue) => {
                world.unnest_issue(child, &by);
                Answered::ok(current(world, issue))
            }
            _ => missing(),
        },
        _ => missing(),
    }
}

fn current(world: &World, issue: usize) -> Value {
    world.issue_json(issue, &world.tracker.issues[issue].now)
}
