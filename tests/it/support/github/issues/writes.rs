//! Writes of issues and their labels by REST.

use serde_json::Value;

use super::tracker::NewIssue;
use crate::support::github::{
    rest::{Answered, error},
    world::{Token, World},
};

fn current(world: &World, issue: usize) -> Value {
    world.issue_json(issue, &world.tracker.issues[issue].now)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let name = |one: &Value| one.as_str().or_else(|| one["name"].as_str()).map(str::to_owned);
    value.as_array()?.iter().map(name).collect()
}

/// `POST .../issues`.
pub fn create(world: &mut World, repo: usize, viewer: &Token, body: &Value) -> Answered {
    let Some(title) = body["title"].as_str().filter(|title| !title.trim().is_empty()) else {
        return error(422, "Validation Failed");
    };
    let text = body["body"].as_str().map(str::to_owned);
    if title.len() > 1024 || text.as_ref().is_some_and(|text| text.len() > 65_536) {
        return error(422, "Validation Failed");
    }
    let new = NewIssue {
        title: title.to_owned(),
        body: text,
        labels: texts(&body["labels"]).unwrap_or_default(),
        assignees: texts(&body["assignees"]).unwrap_or_default(),
    };
    let issue = world.file_new_issue(repo, &viewer.login, new);
    Answered::with_status(201, current(world, issue))
}

/// `PATCH .../issues/{n}`.
pub fn edit(world: &mut World, issue: usize, viewer: &Token, body: &Value) -> Answered {
    let by = viewer.login.as_str();
    let reason = match body["state_reason"].as_str() {
        None | Some("completed") => "completed",
        Some("not_planned") => "not_planned",
        Some("duplicate") => "duplicate",
        Some("reopened") => "reopened",
        Some(_) => return error(422, "Validation Failed"),
    };
    world.edit_issue(issue, by, body["title"].as_str(), body["body"].as_str());
    if let Some(wanted) = texts(&body["labels"]) {
        replace_labels(world, issue, by, &wanted);
    }
    match body["state"].as_str() {
        Some("closed") => world.close_issue(issue, by, reason),
        Some("open") => world.reopen_issue(issue, by),
        None => {}
        Some(_) => return error(422, "Validation Failed"),
    }
    Answered::ok(current(world, issue))
}

fn replace_labels(world: &mut World, issue: usize, by: &str, wanted: &[String]) {
    let had = world.tracker.issues[issue].now.labels.clone();
    for label in had.iter().filter(|had| !wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(had))) {
        world.unlabel_issue(issue, by, label);
    }
    for label in wanted {
        world.label_issue(issue, by, label);
    }
}

/// `POST .../issues/{n}/labels`: those that do not exist are made.
pub fn add_labels(world: &mut World, issue: usize, viewer: &Token, body: &Value) -> Answered {
    let Some(labels) = texts(&body["labels"]).or_else(|| texts(body)) else {
        return error(422, "Invalid request.\n\nNo subschema in \"anyOf\" matched.");
    };
    if labels.iter().any(|label| label.is_empty() || label.chars().count() > 50) {
        return error(422, "Validation Failed");
    }
    for label in &labels {
        world.label_issue(issue, &viewer.login, label);
    }
    labels_of(world, issue)
}

/// `DELETE .../issues/{n}/labels/{name}`.
pub fn remove_label(world: &mut World, issue: usize, viewer: &Token, label: &str) -> Answered {
    if world.unlabel_issue(issue, &viewer.login, label) {
        labels_of(world, issue)
    } else {
        error(404, "Label does not exist")
    }
}

fn labels_of(world: &World, issue: usize) -> Answered {
    let row = &world.tracker.issues[issue];
    Answered::ok(row.now.labels.iter().map(|name| world.label_json(row.repo, name)).collect())
}

/// `POST .../labels` makes one for the repository.
pub fn create_label(world: &mut World, repo: usize, body: &Value) -> Answered {
    let Some(name) = body["name"].as_str() else { return error(422, "Validation Failed") };
    let known = world.tracker.labels.entry(repo).or_default();
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return error(422, "Validation Failed");
    }
    world.label_name(repo, name);
    Answered::with_status(201, world.label_json(repo, name))
}
