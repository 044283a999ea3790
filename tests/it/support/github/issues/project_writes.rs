//! Mutations of projects.

use serde_json::{Map, Value};

use super::{
    Content, ItemId, issue_of_id, item_of_id, project_of_id,
    projects::{field_id, option_id},
};
use crate::support::github::{
    objects::{Field, Node},
    world::{Token, World},
};

/// Executes one of the mutations of projects; nothing if it is another.
pub fn mutate_project(
    name: &str,
    arguments: &Map<String, Value>,
    world: &mut World,
    viewer: &Token,
) -> Option<Field> {
    let input = arguments.get("input").cloned().unwrap_or_default();
    let known = ["addProjectV2ItemById", "updateProjectV2ItemFieldValue", "clearProjectV2ItemFieldValue"];
    if !known.contains(&name) {
        return None;
    }
    let id = |key: &str| input[key].as_str().unwrap_or_default();
    let Some(Node::Project(project)) = Node::of_id(id("projectId"), world, viewer) else {
        return Some(missing(id("projectId")));
    };
    if project_of_id(id("projectId")).is_none() || !viewer.writes_projects {
        let message = String::from("Resource not accessible by personal access token");
        return Some(Field::Failed("FORBIDDEN", message));
    }
    Some(if name == "addProjectV2ItemById" {
        add(world, viewer, project, id("contentId"))
    } else {
        set(world, viewer, project, name, &input)
    })
}

fn missing(id: &str) -> Field {
    Field::Failed("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"))
}

fn payload(kind: &'static str, field: &'static str, item: ItemId) -> Field {
    Field::One(Some(Node::Payload(kind, field, Box::new(Node::Item(item)))))
}

fn add(world: &mut World, viewer: &Token, project: usize, content: &str) -> Field {
    let found = Node::of_id(content, world, viewer);
    let content = match found {
        Some(Node::Issue(issue)) if issue_of_id(content) == Some(issue) => Content::Issue(issue),
        Some(Node::Pull(pull)) => Content::Pull(pull),
        _ => return missing(content),
    };
    let item = world.add_item(project, &viewer.login, content);
    payload("AddProjectV2ItemByIdPayload", "item", (project, item))
}

fn set(world: &mut World, viewer: &Token, project: usize, name: &str, input: &Value) -> Field {
    let id = |key: &str| input[key].as_str().unwrap_or_default();
    let row = &world.tracker.projects[project];
    let item = item_of_id(id("itemId")).filter(|(of, item)| *of == project && *item < row.items.len());
    let Some((_, item)) = item.filter(|(_, item)| !row.items[*item].now.is_gone) else {
        return missing(id("itemId"));
    };
    let field = (0..row.fields.len()).find(|field| field_id(project, *field) == id("fieldId"));
    let Some(field) = field else { return missing(id("fieldId")) };
    if row.items[item].now.is_archived {
        let message = "The item is archived and cannot be updated";
        return Field::Failed("UNPROCESSABLE", String::from(message));
    }
    if name == "clearProjectV2ItemFieldValue" {
        world.choose((project, item), &viewer.login, field, None);
        return payload("ClearProjectV2ItemFieldValuePayload", "projectV2Item", (project, item));
    }
    let wanted = input["value"]["singleSelectOptionId"].as_str().unwrap_or_default();
    let options = row.fields[field].options.as_ref().map_or(0, Vec::len);
    let Some(option) = (0..options).find(|option| option_id(project, field, *option) == wanted) else {
        let message = "The single select option Id does not belong to the field";
        return Field::Failed("VALIDATION", String::from(message));
    };
    world.choose((project, item), &viewer.login, field, Some(option));
    payload("UpdateProjectV2ItemFieldValuePayload", "projectV2Item", (project, item))
}
