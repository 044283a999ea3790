//! Issues and projects in the graph.

use serde_json::{Map, Value, json};

use super::{
    Content,
    projects::{ItemId, ItemState, field_id, option_id, project_id},
    tracker::{IssueState, database_id, written},
};
use crate::support::github::{
    objects::{Field, Node},
    world::{Token, World},
};

type Arguments = Map<String, Value>;

fn named(arguments: &Arguments) -> &str {
    arguments.get("name").and_then(Value::as_str).unwrap_or_default()
}

pub fn issue_field(index: usize, name: &str, arguments: &Arguments, world: &World) -> Field {
    let issue = &world.tracker.issues[index];
    let state: &IssueState = issue.seen().unwrap_or(&issue.now);
    let full_name = world.full_name(issue.repo);
    Field::Leaf(match name {
        "number" => json!(issue.number),
        "databaseId" => json!(database_id(index)),
        "fullDatabaseId" => json!(database_id(index).to_string()),
        "title" => json!(state.title),
        "body" => json!(state.body.clone().unwrap_or_default()),
        "url" => json!(format!("https://github.com/{full_name}/issues/{}", issue.number)),
        "state" => json!(if state.is_open { "OPEN" } else { "CLOSED" }),
        "stateReason" => json!(state.reason.map(str::to_uppercase)),
        "createdAt" => json!(written(issue.created_at)),
        "updatedAt" => json!(written(state.updated_at)),
        "closedAt" => json!(state.closed_at.map(written)),
        "authorAssociation" => json!(world.association(issue.repo, issue.author.as_deref())),
        "author" => return Field::One(issue.author.clone().map(Node::Actor)),
        "repository" => return Field::One(Some(Node::Repository(issue.repo))),
        "parent" => return Field::One(state.parent.map(Node::Issue)),
        "labels" => {
            let label = |name: &String| Node::Plain("Label", json!({"name": name, "color": "ededed"}));
            return Field::Connection(state.labels.iter().map(label).collect());
        }
        "assignees" => return Field::Connection(state.assignees.iter().cloned().map(Node::Actor).collect()),
        "comments" => {
            let comment =
                |at: usize| Node::Plain("IssueComment", json!({"body": world.tracker.comments[at].body}));
            return Field::Connection(world.tracker.comments_of(index).map(comment).collect());
        }
        "projectItems" => {
            let projects = world.tracker.projects.iter().enumerate();
            let items = projects.filter_map(|(project, row)| {
                let item = row.item_of(&Content::Issue(index))?;
                let state = row.items[item].seen()?;
                let is_wanted = arguments.get("includeArchived") != Some(&json!(false)) || !state.is_archived;
                is_wanted.then_some(Node::Item((project, item)))
            });
            return Field::Connection(items.collect());
        }
        _ => return Field::Unknown,
    })
}

/// A user's or an organization's.
pub fn owner_field(login: &str, name: &str, arguments: &Arguments, world: &World, viewer: &Token) -> Field {
    Field::Leaf(match name {
        "login" | "name" => json!(login),
        "url" => json!(format!("https://github.com/{login}")),
        "projectV2" | "projectsV2" if !viewer.reads_projects => {
            let message = "Your token has not been granted the required scopes to execute this query. The 'projectV2' field requires one of the following scopes: ['read:project'], but your token has only been granted the: ['repo'] scopes. Please modify your token's scopes at: https://github.com/settings/tokens.";
            return Field::Failed("INSUFFICIENT_SCOPES", String::from(message));
        }
        "projectV2" => {
            let number = arguments.get("number").and_then(Value::as_u64).unwrap_or_default();
            let mut all = world.tracker.projects.iter();
            let is_it = |owner: &str, known: u64| owner.eq_ignore_ascii_case(login) && known == number;
            return match all.position(|project| is_it(&project.owner, project.number)) {
                Some(project) => Field::One(Some(Node::Project(project))),
                None => Field::Failed(
                    "NOT_FOUND",
                    format!("Could not resolve to a ProjectV2 with the number {number}."),
                ),
            };
        }
        _ => return Field::Unknown,
    })
}

pub fn project_field(node: &Node, name: &str, arguments: &Arguments, world: &World, viewer: &Token) -> Field {
    match node {
        Node::Project(project) => of_project(*project, name, arguments, world),
        Node::Item((project, item)) => of_item((*project, *item), name, arguments, world, viewer),
        Node::ProjectField(project, field) | Node::ProjectText(project, field) => {
            of_field(*project, *field, name, world)
        }
        Node::ProjectValue(project, item, field) => of_value(*project, *item, *field, name, world),
        Node::Draft(project, item) => match (&world.tracker.projects[*project].items[*item].content, name) {
            (Content::Draft(title), "title") => Field::Leaf(json!(title)),
            (_, "body") => Field::Leaf(json!("")),
            _ => Field::Unknown,
        },
        _ => Field::Unknown,
    }
}

fn of_project(index: usize, name: &str, arguments: &Arguments, world: &World) -> Field {
    let project = &world.tracker.projects[index];
    let node = |field: usize| match project.fields[field].options {
        Some(_) => Node::ProjectField(index, field),
        None => Node::ProjectText(index, field),
    };
    Field::Leaf(match name {
        "number" => json!(project.number),
        "title" => json!(project.title),
        "closed" => json!(project.is_closed),
        "public" => json!(false),
        "viewerCanUpdate" => json!(true),
        "url" => {
            let kind = if world.tracker.organizations.contains(&project.owner) { "orgs" } else { "users" };
            json!(format!("https://github.com/{kind}/{}/projects/{}", project.owner, project.number))
        }
        "updatedAt" => {
            let changed = project.items.iter().filter_map(|item| Some(item.seen()?.updated_at)).max();
            json!(written(changed.unwrap_or(0)))
        }
        "owner" => return Field::One(Some(world.owner_node(&project.owner))),
        "field" => {
            let field = project.field(named(arguments));
            return Field::One(field.map(node));
        }
        "fields" => {
            let fields = 0..project.fields.len();
            return Field::Connection(fields.map(node).collect());
        }
        "items" => {
            let archived = arguments.get("archivedStates").and_then(Value::as_array);
            let is_wanted = |state: &ItemState| {
                let state = if state.is_archived { "ARCHIVED" } else { "NOT_ARCHIVED" };
                archived.is_none_or(|wanted| wanted.iter().any(|wanted| wanted == state))
            };
            let items =
                (0..project.items.len()).filter(|item| project.items[*item].seen().is_some_and(is_wanted));
            return Field::Connection(items.map(|item| Node::Item((index, item))).collect());
        }
        _ => return Field::Unknown,
    })
}

/// Its content, as far as that reader may see it.
fn content(project: usize, item: usize, world: &World, viewer: &Token) -> Option<Node> {
    let node = match &world.tracker.projects[project].items[item].content {
        Content::Issue(issue) => Node::Issue(*issue),
        Content::Pull(pull) => Node::Pull(*pull),
        Content::Draft(_) => Node::Draft(project, item),
        Content::Redacted => return None,
    };
    node.is_seen_by(world, &viewer.login).then_some(node)
}

fn of_item(
    (project, index): ItemId,
    name: &str,
    arguments: &Arguments,
    world: &World,
    viewer: &Token,
) -> Field {
    let item = &world.tracker.projects[project].items[index];
    let state = item.seen().unwrap_or(&item.now);
    let value = |field: &usize| state.values.contains_key(field).then_some(*field);
    Field::Leaf(match name {
        "fullDatabaseId" => json!((5_600_000 + index).to_string()),
        "isArchived" => json!(state.is_archived),
        "createdAt" => json!(written(item.created_at)),
        "updatedAt" => json!(written(state.updated_at)),
        "type" => json!(match content(project, index, world, viewer) {
            Some(Node::Issue(_)) => "ISSUE",
            Some(Node::Pull(_)) => "PULL_REQUEST",
            Some(_) => "DRAFT_ISSUE",
            None => "REDACTED",
        }),
        "project" => return Field::One(Some(Node::Project(project))),
        "content" => return Field::One(content(project, index, world, viewer)),
        "fieldValueByName" => {
            let field = world.tracker.projects[project].field(named(arguments));
            let field = field.filter(|field| value(field).is_some());
            return Field::One(field.map(|field| Node::ProjectValue(project, index, field)));
        }
        "fieldValues" => {
            let values = state.values.keys().map(|field| Node::ProjectValue(project, index, *field));
            return Field::Connection(values.collect());
        }
        _ => return Field::Unknown,
    })
}

fn of_field(project: usize, index: usize, name: &str, world: &World) -> Field {
    let field = &world.tracker.projects[project].fields[index];
    let option = |(option, name): (usize, &String)| {
        Some(Node::Plain(
            "ProjectV2SingleSelectFieldOption",
            json!({"id": option_id(project, index, option), "name": name, "color": "GRAY", "description": ""}),
        ))
    };
    Field::Leaf(match (name, &field.options) {
        ("name", _) => json!(field.name),
        ("dataType", options) => json!(if options.is_some() { "SINGLE_SELECT" } else { "TITLE" }),
        ("options", Some(options)) => return Field::Many(options.iter().enumerate().map(option).collect()),
        _ => return Field::Unknown,
    })
}

fn of_value(project: usize, item: usize, field: usize, name: &str, world: &World) -> Field {
    let row = &world.tracker.projects[project];
    let item = &row.items[item];
    let chosen = item.seen().unwrap_or(&item.now).values.get(&field);
    let text = |option: usize| row.fields[field].options.as_ref().map(|options| options[option].clone());
    Field::Leaf(match name {
        "name" => json!(chosen.and_then(|option| text(*option))),
        "optionId" => json!(chosen.map(|option| option_id(project, field, *option))),
        "updatedAt" => json!(written(item.now.updated_at)),
        "field" => return Field::One(Some(Node::ProjectField(project, field))),
        _ => return Field::Unknown,
    })
}

/// The ids of what belongs to projects.
pub fn project_node_id(node: &Node) -> String {
    match node {
        Node::Project(project) => project_id(*project),
        Node::Item(item) => super::projects::item_id(*item),
        Node::ProjectField(project, field) | Node::ProjectText(project, field) => field_id(*project, *field),
        Node::ProjectValue(project, item, field) => format!("PVTFSV_{project:03}{item:06}{field:03}"),
        Node::Draft(project, item) => format!("DI_{project:03}{item:06}"),
        _ => String::new(),
    }
}
