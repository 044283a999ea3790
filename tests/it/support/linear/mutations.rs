//! Mutations, as far as somebody mutates. Each is done or refused as a whole.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    data::Label,
    objects::Node,
    refusal::Refusal,
    world::{LinearWorld, rewritten},
};

pub fn mutate(
    world: &mut LinearWorld,
    may_write: bool,
    name: &str,
    arguments: &Value,
) -> Result<Node, Refusal> {
    if !may_write {
        return Err(Refusal::scope());
    }
    let input = &arguments["input"];
    match name {
        "issueCreate" => issue_create(world, input),
        "issueUpdate" => issue_update(world, arguments["id"].as_str().unwrap(), input),
        "commentCreate" => {
            let issue = there(world, &input["issueId"])?;
            let id = free_id(world, "Comment", input)?;
            world.comment_on(&issue, id, text(input, "body").unwrap_or_default());
            Ok(Node::Payload(None))
        }
        "commentUpdate" => {
            let now = world.now();
            let is_it = |id: &str| arguments["id"] == id;
            let mut comments = world.data.comments.iter_mut();
            let comment = comments.find(|comment| is_it(&comment.id) && !comment.is_deleted);
            let comment = comment.ok_or_else(|| Refusal::missing("Comment"))?;
            comment.body = rewritten(text(input, "body").unwrap_or_default());
            comment.updated_at = now;
            Ok(Node::Payload(None))
        }
        "issueRelationCreate" => {
            let (issue, related) =
                (there(world, &input["issueId"])?, there(world, &input["relatedIssueId"])?);
            let id = free_id(world, "IssueRelation", input)?;
            world.relate(id, text(input, "type").unwrap(), (&issue, &related));
            Ok(Node::Payload(None))
        }
        "issueLabelCreate" => {
            let name = text(input, "name").unwrap().to_owned();
            if world.data.labels.iter().any(|label| label.name.eq_ignore_ascii_case(&name)) {
                return Err(Refusal::input("duplicate label name"));
            }
            let id = free_id(world, "IssueLabel", input)?;
            let team = input["teamId"].as_str().and_then(|team| team_of(world, team));
            world.taken.insert(id.clone());
            world.data.labels.push(Label { id, team, name, is_group: false, group: None });
            Ok(Node::Payload(None))
        }
        other => panic!("nobody asked for {other} before"),
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input[name].as_str()
}

fn team_of(world: &LinearWorld, id: &str) -> Option<usize> {
    world.data.teams.iter().position(|team| team.id == id)
}

/// The id of an issue that can be changed.
fn there(world: &LinearWorld, name: &Value) -> Result<String, Refusal> {
    let issue = name.as_str().and_then(|name| world.find(name)).filter(|issue| issue.archived_at.is_none());
    issue.map(|issue| issue.id.clone()).ok_or_else(|| Refusal::missing("Issue"))
}

/// The id that was chosen, if nobody ever had it.
fn free_id(world: &mut LinearWorld, what: &str, input: &Value) -> Result<String, Refusal> {
    let Some(id) = text(input, "id") else { return Ok(world.new_id()) };
    if Uuid::try_parse(id).map(|id| id.get_version_num()) != Ok(4) {
        return Err(Refusal::input("id must be a UUID of version 4"));
    }
    if world.taken.contains(id) { Err(Refusal::taken(what, id)) } else { Ok(id.to_owned()) }
}

fn state_in(world: &LinearWorld, team: usize, input: &Value) -> Result<Option<usize>, Refusal> {
    let Some(id) = text(input, "stateId") else { return Ok(None) };
    let found = world.data.states.iter().position(|state| state.id == id && state.team == team);
    found.map(Some).ok_or_else(|| Refusal::input("stateId is not of the issue's team"))
}

fn labels_in(world: &LinearWorld, team: usize, list: &Value) -> Result<Vec<String>, Refusal> {
    let ids = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    ids.map(|id| {
        let found =
            world.data.labels.iter().find(|label| label.id == id && label.team.is_none_or(|of| of == team));
        found.map(|label| label.id.clone()).ok_or_else(|| {
            Refusal::input(
                "Entity not found: IssueLabel: labelIds contained an entry that could not be found.",
            )
        })
    })
    .collect()
}

/// An issue has one label of a group at most, and no group.
fn must_go_together(world: &LinearWorld, labels: &[String]) -> Result<(), Refusal> {
    let found = world.data.labels.iter().filter(|label| labels.contains(&label.id));
    let mut groups: Vec<_> = found.clone().filter_map(|label| label.group.as_ref()).collect();
    let all = groups.len();
    groups.sort_unstable();
    groups.dedup();
    if groups.len() < all || found.clone().any(|label| label.is_group) {
        return Err(Refusal::input("Only one label in a group can be applied"));
    }
    Ok(())
}

fn issue_create(world: &mut LinearWorld, input: &Value) -> Result<Node, Refusal> {
    let team = team_of(world, text(input, "teamId").unwrap()).ok_or_else(|| Refusal::missing("Team"))?;
    let id = free_id(world, "Issue", input)?;
    let (state, labels) = (state_in(world, team, input)?, labels_in(world, team, &input["labelIds"])?);
    must_go_together(world, &labels)?;
    let project = text(input, "projectId");
    let project = world.data.projects.iter().position(|known| Some(known.id.as_str()) == project);
    let id = world.insert(id, team, |issue| {
        text(input, "title").unwrap_or_default().clone_into(&mut issue.title);
        issue.description = rewritten(text(input, "description").unwrap_or_default());
        issue.priority = input["priority"].as_u64().unwrap_or(0);
        issue.state = state.unwrap_or(issue.state);
        (issue.labels, issue.project) = (labels, project);
    });
    Ok(changed(world, &id))
}

fn issue_update(world: &mut LinearWorld, id: &str, input: &Value) -> Result<Node, Refusal> {
    let id = there(world, &json!(id))?;
    let team = world.issue(&id).team;
    let state = state_in(world, team, input)?;
    let added = labels_in(world, team, &input["addedLabelIds"])?;
    let removed = labels_in(world, team, &input["removedLabelIds"])?;
    let mut labels = world.issue(&id).labels.clone();
    labels.retain(|label| !removed.contains(label));
    labels.extend(added);
    must_go_together(world, &labels)?;
    world.change(&id, |issue| {
        issue.state = state.unwrap_or(issue.state);
        issue.labels = labels;
    });
    Ok(changed(world, &id))
}

fn changed(world: &LinearWorld, id: &str) -> Node {
    let at = world.data.issues.iter().position(|issue| issue.id == id).unwrap();
    // What lags shows a new one not at all, and an answer to a write shows what is.
    let is_shown = world.shown.is_none();
    Node::Payload(is_shown.then(|| ("issue", Box::new(Node::Issue(at)))))
}
