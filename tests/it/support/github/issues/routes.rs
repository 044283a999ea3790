//! The routes of issues below a repository.

use serde_json::Value;
use url::Url;

use super::{comments, lists, lists::missing, relations, tracker::Whereabouts, writes};
use crate::support::github::{
    rest::{Answered, error},
    world::{Token, World},
};

/// What has that number.
enum Found {
    Issue(usize),
    Pull(usize),
    Elsewhere(Answered),
}

/// Answers `GET` below a repository; nothing if it is about something else.
pub fn get(world: &World, repo: usize, viewer: &Token, rest: &[&str], url: &Url) -> Option<Answered> {
    let answered = match rest {
        [] => Answered::ok(world.repo_json(repo, Some(viewer))),
        ["labels"] => lists::labels(world, repo, url),
        ["issues", ..] if world.tracker.without_issues.contains(&repo) => turned_off(),
        ["issues"] => lists::issues(world, repo, url),
        ["issues", "comments", id] => comments::get(world, repo, id),
        ["issues", number, rest @ ..] => match (find(world, repo, number), rest) {
            (Found::Issue(issue), []) => {
                let state = world.tracker.issues[issue].seen().unwrap_or(&world.tracker.issues[issue].now);
                Answered::ok(world.issue_json(issue, state))
            }
            (Found::Issue(issue), ["comments"]) => comments::list(world, issue, url),
            (Found::Issue(_), _) if world.tracker.lacks_relations => missing(),
            (Found::Issue(issue), rest) => relations::get(world, issue, rest, url),
            (Found::Pull(pull), []) => Answered::ok(world.pull_as_issue(pull)),
            (Found::Elsewhere(answered), _) => answered,
            (Found::Pull(_), _) => missing(),
        },
        _ => return None,
    };
    Some(answered)
}

/// Does what a request asks below a repository; nothing if it is about something else.
pub fn write(
    world: &mut World,
    repo: usize,
    viewer: &Token,
    (method, rest): (&str, &[&str]),
    body: &Value,
) -> Option<Answered> {
    if !viewer.writes_issues && matches!(rest, ["issues" | "labels", ..]) {
        let refused = error(403, "Resource not accessible by personal access token");
        return Some(refused.with("x-accepted-github-permissions", String::from("issues=write")));
    }
    if world.tracker.without_issues.contains(&repo) {
        return Some(turned_off());
    }
    Some(match (method, rest) {
        ("POST", ["labels"]) => writes::create_label(world, repo, body),
        ("POST", ["issues"]) => writes::create(world, repo, viewer, body),
        ("PATCH", ["issues", "comments", id]) => comments::change(world, repo, id, viewer, Some(body)),
        ("DELETE", ["issues", "comments", id]) => comments::change(world, repo, id, viewer, None),
        (method, ["issues", number, rest @ ..]) => match find(world, repo, number) {
            Found::Issue(issue) => of_issue(world, issue, viewer, (method, rest), body),
            Found::Elsewhere(answered) => answered,
            Found::Pull(_) => missing(),
        },
        _ => return None,
    })
}

fn of_issue(
    world: &mut World,
    issue: usize,
    viewer: &Token,
    (method, rest): (&str, &[&str]),
    body: &Value,
) -> Answered {
    match (method, rest) {
        ("PATCH", []) => writes::edit(world, issue, viewer, body),
        ("POST", ["labels"]) => writes::add_labels(world, issue, viewer, body),
        ("DELETE", ["labels", label]) => writes::remove_label(world, issue, viewer, label),
        ("POST", ["comments"]) => comments::create(world, issue, viewer, body),
        _ if world.tracker.lacks_relations => missing(),
        _ => relations::change(world, issue, (method, rest), viewer, body),
    }
}

fn find(world: &World, repo: usize, number: &str) -> Found {
    let Ok(number) = number.parse::<u64>() else { return Found::Elsewhere(missing()) };
    if let Some(pull) = world.pulls.iter().position(|pull| pull.repo == repo && pull.number == number) {
        return Found::Pull(pull);
    }
    let Some(issue) = world.tracker.numbered(repo, number) else { return Found::Elsewhere(missing()) };
    match world.tracker.issues[issue].seen().map(|state| &state.whereabouts) {
        Some(Whereabouts::Deleted) => Found::Elsewhere(error(410, "This issue was deleted")),
        Some(Whereabouts::Transferred(there)) => {
            let there = &world.tracker.issues[*there];
            let location = format!("{}/repositories/{}/issues/{}", world.base, there.repo, there.number);
            Found::Elsewhere(moved(301, location))
        }
        Some(Whereabouts::Here) | None => Found::Issue(issue),
    }
}

/// It is at another address.
pub fn moved(status: u16, location: String) -> Answered {
    let mut answered = error(status, "Moved Permanently");
    answered.body["url"] = location.clone().into();
    answered.with("location", location)
}

fn turned_off() -> Answered {
    error(410, "Issues are disabled for this repo")
}
