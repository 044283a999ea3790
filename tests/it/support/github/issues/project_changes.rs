//! What somebody does to projects.

use serde_json::{Value, json};

use super::projects::{Content, Item, ItemId, ItemState, Project, ProjectField, field_id, option_id};
use crate::support::github::world::World;

/// As a project begins, and as teams have it.
const STATUSES: [&str; 6] = ["Backlog", "Todo", "In Progress", "Blocked", "In Review", "Done"];
const PRIORITIES: [&str; 4] = ["Urgent", "High", "Medium", "Low"];

impl World {
    /// A project with a field of statuses and one of priorities.
    pub fn new_project(&mut self, owner: &str, number: u64) -> usize {
        let field = |name: &str, options: &[&str]| ProjectField {
            name: name.to_owned(),
            options: Some(options.iter().map(|name| (*name).to_owned()).collect()),
        };
        let title = ProjectField { name: String::from("Title"), options: None };
        self.tracker.projects.push(Project {
            owner: owner.to_owned(),
            number,
            title: format!("Project {number}"),
            is_closed: false,
            fields: vec![title, field("Status", &STATUSES), field("Priority", &PRIORITIES)],
            items: Vec::new(),
            when_closed: None,
        });
        self.tracker.projects.len() - 1
    }

    /// Adds to a project; the item that is there already if there is one.
    pub fn add_item(&mut self, project: usize, by: &str, content: Content) -> usize {
        if let Some(known) = self.tracker.projects[project].item_of(&content) {
            return known;
        }
        let item = Item::new(content, self.tracker.time.tick(), self.tracker.lag);
        self.tracker.projects[project].items.push(item);
        let index = self.tracker.projects[project].items.len() - 1;
        self.deliver_item("created", (project, index), by, Value::Null);
        index
    }

    fn alter_item(&mut self, project: usize, item: usize, change: impl FnOnce(&mut ItemState)) {
        let (lag, at) = (self.tracker.lag, self.tracker.time.tick());
        let row = &mut self.tracker.projects[project].items[item];
        row.lags(lag, Some(row.now.clone()));
        change(&mut row.now);
        row.now.updated_at = at;
    }

    /// Chooses an option of a field, or none.
    pub fn choose(&mut self, (project, item): ItemId, by: &str, field: usize, option: Option<usize>) {
        let before = self.tracker.projects[project].items[item].now.values.get(&field).copied();
        if before == option {
            return;
        }
        self.alter_item(project, item, |state| {
            match option {
                Some(option) => state.values.insert(field, option),
                None => state.values.remove(&field),
            };
        });
        let row = &self.tracker.projects[project];
        let name = |option: usize| row.fields[field].options.as_ref().map(|options| options[option].clone());
        let chosen = |option: usize| json!({"id": option_id(project, field, option), "name": name(option), "color": "GRAY", "description": ""});
        let changes = json!({"field_value": {
            "field_node_id": field_id(project, field),
            "field_type": "single_select",
            "field_name": row.fields[field].name,
            "project_number": row.number,
            "from": before.map(chosen),
            "to": option.map(chosen),
        }});
        self.deliver_item("edited", (project, item), by, changes);
    }

    /// Moves an issue within a project, to which it is added if it is not there.
    pub fn move_issue(&mut self, project: usize, issue: usize, by: &str, (field, option): (&str, &str)) {
        let item = self.add_item(project, by, Content::Issue(issue));
        let row = &self.tracker.projects[project];
        let field = row.field(field).unwrap();
        let options = row.fields[field].options.as_ref().unwrap();
        let option = options.iter().position(|known| known == option).unwrap();
        self.choose((project, item), by, field, Some(option));
    }

    /// The option that an issue has in a project.
    pub fn chosen(&self, project: usize, issue: usize, field: &str) -> Option<String> {
        let row = &self.tracker.projects[project];
        let field = row.field(field)?;
        let item = &row.items[row.item_of(&Content::Issue(issue))?];
        let option = *item.now.values.get(&field)?;
        Some(row.fields[field].options.as_ref()?[option].clone())
    }

    pub fn archive_item(&mut self, project: usize, item: usize, by: &str, is_archived: bool) {
        self.alter_item(project, item, |state| state.is_archived = is_archived);
        let action = if is_archived { "archived" } else { "restored" };
        let changes = json!({"archived_at": {"from": null, "to": null}});
        self.deliver_item(action, (project, item), by, changes);
    }

    pub fn remove_item(&mut self, project: usize, item: usize, by: &str) {
        self.alter_item(project, item, |state| state.is_gone = true);
        self.deliver_item("deleted", (project, item), by, Value::Null);
    }

    /// The items an issue has in the projects.
    fn items_of(&self, issue: usize) -> Vec<(usize, usize)> {
        let projects = self.tracker.projects.iter().enumerate();
        let item = |project: &Project| project.item_of(&Content::Issue(issue));
        projects.filter_map(|(index, project)| Some((index, item(project)?))).collect()
    }

    /// The workflow of projects for issues that are closed.
    pub fn follow_closing(&mut self, issue: usize, by: &str) {
        for (project, item) in self.items_of(issue) {
            let row = &self.tracker.projects[project];
            let (Some(status), Some(field)) = (row.when_closed, row.field("Status")) else { continue };
            let options = row.fields[field].options.iter().flatten();
            let option = options.clone().position(|known| known == status);
            self.choose((project, item), by, field, option);
        }
    }

    pub fn drop_from_projects(&mut self, issue: usize) {
        for (project, item) in self.items_of(issue) {
            self.alter_item(project, item, |state| state.is_gone = true);
        }
    }

    pub fn follow_transfer(&mut self, issue: usize, there: usize) {
        for (project, item) in self.items_of(issue) {
            self.tracker.projects[project].items[item].content = Content::Issue(there);
        }
    }
}
