//! What there is, as the graph has it.

use serde_json::{Value, json};

use super::{
    data::{Data, Issue},
    filter::{is_issue, is_label, is_project, is_team},
    refusal::Refusal,
    world::{LinearWorld, ORGANIZATION, rfc3339},
};

/// Something in the graph.
#[derive(Clone, Debug)]
pub enum Node {
    Query,
    /// Fields that are as they are.
    Plain(Value),
    Team(usize),
    State(usize),
    Project(usize),
    Label(usize),
    Issue(usize),
    Relation(usize),
    Comment(usize),
    /// What a mutation did: the name of a field with what was changed.
    Payload(Option<(&'static str, Box<Node>)>),
}

/// The value of a field.
pub enum Found {
    Leaf(Value),
    One(Option<Node>),
    Connection(Vec<Node>),
}

fn person(name: Option<&String>) -> Found {
    Found::One(name.map(|name| Node::Plain(json!({"id": name, "displayName": name, "name": name}))))
}

impl Node {
    pub fn cursor(&self) -> String {
        format!("{self:?}")
    }

    /// A field of it, which the schema has.
    pub fn field(&self, world: &LinearWorld, name: &str, arguments: &Value) -> Result<Found, Refusal> {
        let data = world.seen();
        let leaf = |value: Value| Ok(Found::Leaf(value));
        match self {
            Self::Query => query(world, name, arguments),
            Self::Plain(fields) => leaf(fields[name].clone()),
            Self::Team(at) => Ok(team(data, *at, name, arguments)),
            Self::State(at) => {
                let state = &data.states[*at];
                leaf(match name {
                    "id" => json!(state.id),
                    "name" => json!(state.name),
                    "type" => json!(state.kind),
                    "position" => json!(*at as f64),
                    other => unknown("WorkflowState", other),
                })
            }
            Self::Project(at) => {
                let project = &data.projects[*at];
                leaf(match name {
                    "id" => json!(project.id),
                    "name" => json!(project.name),
                    "url" => json!(format!("https://linear.app/acme/project/x-{}", project.slug)),
                    "archivedAt" | "trashed" => Value::Null,
                    other => unknown("Project", other),
                })
            }
            Self::Label(at) => Ok(label(data, *at, name)),
            Self::Issue(at) => Ok(issue(data, *at, name)),
            Self::Relation(at) => {
                let relation = &data.relations[*at];
                match name {
                    "type" => leaf(json!(relation.kind)),
                    "issue" => Ok(Found::One(place(data, &relation.issue).map(Node::Issue))),
                    other => leaf(unknown("IssueRelation", other)),
                }
            }
            Self::Comment(at) => {
                let comment = &data.comments[*at];
                match name {
                    "id" => leaf(json!(comment.id)),
                    "body" => leaf(json!(comment.body)),
                    "issue" => Ok(Found::One(place(data, &comment.issue).map(Node::Issue))),
                    other => leaf(unknown("Comment", other)),
                }
            }
            Self::Payload(changed) => match name {
                "success" => leaf(json!(true)),
                _ => {
                    let changed = changed.as_ref().filter(|(field, _)| *field == name);
                    Ok(Found::One(changed.map(|(_, node)| (**node).clone())))
                }
            },
        }
    }
}

fn label(data: &Data, at: usize, name: &str) -> Found {
    let label = &data.labels[at];
    Found::Leaf(match name {
        "id" => json!(label.id),
        "name" => json!(label.name),
        "isGroup" => json!(label.is_group),
        "retiredAt" => Value::Null,
        "team" => return Found::One(label.team.map(Node::Team)),
        "parent" => {
            let group = label.group.as_ref();
            let group = group.and_then(|group| data.labels.iter().position(|label| label.id == *group));
            return Found::One(group.map(Node::Label));
        }
        other => unknown("IssueLabel", other),
    })
}

fn unknown(kind: &str, name: &str) -> Value {
    panic!("nobody asked {kind} for {name} before")
}

fn place(data: &Data, id: &str) -> Option<usize> {
    data.issues.iter().position(|issue| issue.id == id)
}

fn query(world: &LinearWorld, name: &str, arguments: &Value) -> Result<Found, Refusal> {
    let data = world.seen();
    let id = || arguments["id"].as_str().unwrap_or_default();
    Ok(match name {
        "viewer" => person(Some(&String::from("taskgate"))),
        "organization" => {
            Found::One(Some(Node::Plain(json!({"id": ORGANIZATION, "name": "Acme", "urlKey": "acme"}))))
        }
        "teams" => {
            let found = (0..data.teams.len()).filter(|at| is_team(&arguments["filter"], &data.teams[*at]));
            Found::Connection(found.map(Node::Team).collect())
        }
        "team" => {
            let found = data.teams.iter().position(|team| team.id == id());
            Found::One(Some(Node::Team(found.ok_or_else(|| Refusal::missing("Team"))?)))
        }
        "issueLabels" => {
            let is_it = |at: &usize| is_label(&arguments["filter"], &data.labels[*at], data);
            Found::Connection((0..data.labels.len()).filter(is_it).map(Node::Label).collect())
        }
        "issues" => {
            let is_wanted =
                |issue: &Issue| issue.archived_at.is_none() || arguments["includeArchived"] == true;
            let is_it = |at: &usize| {
                is_wanted(&data.issues[*at]) && is_issue(&arguments["filter"], &data.issues[*at], data)
            };
            let mut found: Vec<_> = (0..data.issues.len()).filter(is_it).collect();
            found.sort_by_key(|at| std::cmp::Reverse(data.issues[*at].updated_at));
            Found::Connection(found.into_iter().map(Node::Issue).collect())
        }
        "issue" => {
            let found = world.find(id()).and_then(|issue| place(data, &issue.id));
            Found::One(Some(Node::Issue(found.ok_or_else(|| Refusal::missing("Issue"))?)))
        }
        "comment" => {
            let found = data.comments.iter().position(|comment| comment.id == id() && !comment.is_deleted);
            Found::One(Some(Node::Comment(found.ok_or_else(|| Refusal::missing("Comment"))?)))
        }
        other => Found::Leaf(unknown("Query", other)),
    })
}

fn team(data: &Data, at: usize, name: &str, arguments: &Value) -> Found {
    let team = &data.teams[at];
    Found::Leaf(match name {
        "id" => json!(team.id),
        "key" => json!(team.key),
        "name" => json!(team.name),
        "retiredAt" => Value::Null,
        "archivedAt" => json!(team.is_archived.then(|| rfc3339(1))),
        "states" => {
            let states = (0..data.states.len()).filter(|state| data.states[*state].team == at);
            return Found::Connection(states.map(Node::State).collect());
        }
        "projects" => {
            let is_it = |of: &usize| {
                data.projects[*of].team == at && is_project(&arguments["filter"], &data.projects[*of])
            };
            return Found::Connection((0..data.projects.len()).filter(is_it).map(Node::Project).collect());
        }
        other => unknown("Team", other),
    })
}

fn issue(data: &Data, at: usize, name: &str) -> Found {
    let issue = &data.issues[at];
    let key = format!("{}-{}", data.teams[issue.team].key, issue.number);
    Found::Leaf(match name {
        "id" => json!(issue.id),
        "identifier" => json!(key),
        "title" => json!(issue.title),
        "description" => json!(issue.description),
        "url" => json!(format!("https://linear.app/acme/issue/{key}/a_title")),
        "priority" => json!(issue.priority),
        "estimate" => json!(issue.estimate),
        "createdAt" => json!(rfc3339(issue.created_at)),
        "updatedAt" => json!(rfc3339(issue.updated_at)),
        "archivedAt" => json!(issue.archived_at.map(rfc3339)),
        "trashed" => json!(issue.is_trashed.then_some(true)),
        "previousIdentifiers" => json!(issue.previous),
        "state" => return Found::One(Some(Node::State(issue.state))),
        "team" => return Found::One(Some(Node::Team(issue.team))),
        "project" => return Found::One(issue.project.map(Node::Project)),
        "parent" => return Found::One(issue.parent.as_ref().and_then(|id| place(data, id)).map(Node::Issue)),
        "assignee" => return person(issue.assignee.as_ref()),
        "delegate" => return person(issue.delegate.as_ref()),
        "labels" => {
            let label = |id: &String| data.labels.iter().position(|label| label.id == *id).map(Node::Label);
            return Found::Connection(issue.labels.iter().filter_map(label).collect());
        }
        "inverseRelations" => {
            let is_its = |of: &usize| data.relations[*of].related == issue.id;
            return Found::Connection((0..data.relations.len()).filter(is_its).map(Node::Relation).collect());
        }
        "comments" => {
            let is_its = |of: &usize| data.comments[*of].issue == issue.id && !data.comments[*of].is_deleted;
            let mut comments: Vec<_> = (0..data.comments.len()).filter(is_its).collect();
            comments.sort_by_key(|of| std::cmp::Reverse(data.comments[*of].updated_at));
            return Found::Connection(comments.into_iter().map(Node::Comment).collect());
        }
        other => unknown("Issue", other),
    })
}
