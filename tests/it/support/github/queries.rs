//! Where a query begins, and what leads on from there.

use serde_json::{Map, Value, json};

use super::{
    objects::{Field, Node},
    world::{Token, World},
};

type Arguments = Map<String, Value>;

fn text<'a>(arguments: &'a Arguments, name: &str) -> &'a str {
    arguments.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn has_one_of(arguments: &Arguments, name: &str, value: &str) -> bool {
    match arguments.get(name) {
        Some(Value::Array(wanted)) => wanted.iter().any(|wanted| wanted == value),
        Some(Value::String(wanted)) => wanted == value,
        _ => true,
    }
}

pub fn root(name: &str, arguments: &Arguments, world: &World, viewer: &Token) -> Field {
    let missing = |id: &str| format!("Could not resolve to a node with the global id of '{id}'");
    let of_id = |id: &str| Node::of_id(id, world, viewer);
    match name {
        "viewer" => Field::One(Some(Node::Actor(viewer.login.clone()))),
        "rateLimit" => {
            let limit = json!({"limit": 5000, "cost": 1, "remaining": 4999, "used": 1, "nodeCount": 1, "resetAt": "2100-01-01T00:00:00Z"});
            Field::One(Some(Node::Plain("RateLimit", limit)))
        }
        "repository" => {
            let (owner, name) = (text(arguments, "owner"), text(arguments, "name"));
            match world.find_repo(owner, name).filter(|repo| world.sees_repo(&viewer.login, *repo)) {
                Some(repo) => Field::One(Some(Node::Repository(repo))),
                None => Field::Failed(
                    "NOT_FOUND",
                    format!("Could not resolve to a Repository with the name '{owner}/{name}'."),
                ),
            }
        }
        "repositoryOwner" => {
            let login = text(arguments, "login");
            Field::One(world.is_known_owner(login).then(|| world.owner_node(login)))
        }
        "organization" | "user" => {
            let login = text(arguments, "login");
            let kind = if name == "user" { "User" } else { "Organization" };
            let found = Some(world.owner_node(login));
            match found.filter(|node| world.is_known_owner(login) && node.kind() == kind) {
                Some(node) => Field::One(Some(node)),
                None => Field::Failed(
                    "NOT_FOUND",
                    format!("Could not resolve to a {kind} with the login of '{login}'."),
                ),
            }
        }
        "node" => {
            let id = text(arguments, "id");
            of_id(id).map_or_else(|| Field::Failed("NOT_FOUND", missing(id)), |node| Field::One(Some(node)))
        }
        "nodes" => {
            let ids = arguments.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
            let ids: Vec<_> = ids.iter().map(|id| id.as_str().unwrap_or_default()).collect();
            let nodes: Vec<_> = ids.iter().map(|id| of_id(id)).collect();
            match ids.iter().zip(&nodes).find(|(id, node)| id.starts_with("I_") && node.is_none()) {
                Some((id, _)) => Field::Partly(nodes, "NOT_FOUND", missing(id)),
                None => Field::Many(nodes),
            }
        }
        _ => Field::Unknown,
    }
}

pub fn repository(index: usize, name: &str, arguments: &Arguments, world: &World) -> Field {
    let repo = &world.repos[index];
    Field::Leaf(match name {
        "name" => json!(repo.name),
        "nameWithOwner" => json!(world.full_name(index)),
        "isPrivate" => json!(repo.readers.is_some()),
        "url" => json!(format!("https://github.com/{}", world.full_name(index))),
        "owner" => return Field::One(Some(world.owner_node(&repo.owner))),
        "pullRequest" => {
            let number = arguments.get("number").and_then(Value::as_u64).unwrap_or_default();
            let is_it =
                |pull: &usize| world.pulls[*pull].repo == index && world.pulls[*pull].number == number;
            return match (0..world.pulls.len()).find(is_it) {
                Some(pull) => Field::One(Some(Node::Pull(pull))),
                None => Field::Failed(
                    "NOT_FOUND",
                    format!("Could not resolve to a PullRequest with the number of {number}."),
                ),
            };
        }
        "pullRequests" => return Field::Connection(pull_requests(index, arguments, world)),
        _ => return Field::Unknown,
    })
}

fn pull_requests(repo: usize, arguments: &Arguments, world: &World) -> Vec<Node> {
    let branch = arguments.get("headRefName").and_then(Value::as_str);
    let mut found: Vec<_> = (0..world.pulls.len())
        .filter(|index| {
            let pull = &world.pulls[*index];
            pull.repo == repo
                && has_one_of(arguments, "states", pull.state)
                && branch.is_none_or(|branch| branch == pull.branch)
        })
        .collect();
    if let Some(order) = arguments.get("orderBy") {
        if order["field"] == "UPDATED_AT" {
            found.sort_by(|a, b| world.pulls[*a].updated_at.cmp(&world.pulls[*b].updated_at));
        }
        if order["direction"] == "DESC" {
            found.reverse();
        }
    }
    found.into_iter().map(Node::Pull).collect()
}

pub fn pull(index: usize, name: &str, arguments: &Arguments, world: &World, viewer: &Token) -> Field {
    let pull = &world.pulls[index];
    let login = &viewer.login;
    Field::Leaf(match name {
        "number" => json!(pull.number),
        "fullDatabaseId" => json!((7000 + index).to_string()),
        "url" => world.pull_json(index)["html_url"].clone(),
        "title" => json!(pull.title),
        "state" => json!(pull.state),
        "isDraft" | "isCrossRepository" => {
            json!(name == "isCrossRepository" && pull.head_owner != world.repos[pull.repo].owner)
        }
        "headRefName" => json!(pull.branch),
        "baseRefName" => json!("main"),
        "createdAt" | "updatedAt" => json!(pull.updated_at),
        "reviewDecision" => json!(pull.decision),
        "author" | "headRepositoryOwner" => return Field::One(Some(Node::Actor(pull.head_owner.clone()))),
        "repository" | "baseRepository" => return Field::One(Some(Node::Repository(pull.repo))),
        "reviewThreads" => {
            let threads = (0..world.threads.len()).filter(|thread| {
                world.threads[*thread].pull == index && !world.comments_of(login, *thread).is_empty()
            });
            return Field::Connection(threads.map(Node::Thread).collect());
        }
        "reviews" => {
            let reviews = (0..world.reviews.len()).filter(|review| {
                world.reviews[*review].pull == index
                    && world.sees_review(login, *review)
                    && has_one_of(arguments, "states", world.reviews[*review].state)
            });
            return Field::Connection(reviews.map(Node::Review).collect());
        }
        "comments" => {
            let talk = (0..world.talk.len()).filter(|talk| world.talk[*talk].pull == index);
            return Field::Connection(talk.map(Node::Talk).collect());
        }
        _ => return Field::Unknown,
    })
}
