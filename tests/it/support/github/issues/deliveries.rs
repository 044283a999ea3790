//! What GitHub sends to webhooks.

use serde_json::{Map, Value, json};

use super::{
    json::user,
    projects::{Item, ItemId, Project},
    tracker::{database_id, node_id, written},
};
use crate::support::github::world::World;

/// One delivery, to be signed and sent.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// As in `X-GitHub-Event`.
    pub event: &'static str,
    pub body: Value,
}

impl World {
    fn deliver(&mut self, event: &'static str, repo: usize, by: &str, mut body: Value) {
        body["repository"] = self.repo_json(repo, None);
        body["sender"] = user(by, "User");
        let owner = &self.repos[repo].owner;
        if self.tracker.organizations.contains(owner) {
            body["organization"] = user(owner, "Organization");
        }
        self.tracker.deliveries.push(Delivery { event, body });
    }

    fn current(&self, issue: usize) -> Value {
        self.issue_json(issue, &self.tracker.issues[issue].now)
    }

    /// `issues`, with what else there is of that action.
    pub fn deliver_issue(&mut self, action: &str, issue: usize, by: &str, more: Value) {
        let mut body = json!({"action": action, "issue": self.current(issue)});
        let more: Map<String, Value> = more.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(more);
        self.deliver("issues", self.tracker.issues[issue].repo, by, body);
    }

    pub fn deliver_comment(&mut self, action: &str, comment: usize, by: &str) {
        let issue = self.tracker.comments[comment].issue;
        let comment = self.issue_comment_json(comment);
        let body = json!({"action": action, "issue": self.current(issue), "comment": comment});
        self.deliver("issue_comment", self.tracker.issues[issue].repo, by, body);
    }

    /// One to each side of a relation: that of the first with the repository of the second, and the other way round.
    fn deliver_both(&mut self, event: &'static str, by: &str, sides: [(&str, &str, usize); 2]) {
        for (side, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            let (action, name, issue) = side;
            let mut body = json!({"action": action});
            for (_, name, issue) in sides {
                body[name] = self.current(issue);
                body[format!("{name}_id")] = database_id(issue).into();
            }
            debug_assert!(body.get(name).is_some());
            let other_repo = self.tracker.issues[other.2].repo;
            body[format!("{}_repo", other.1)] = self.repo_json(other_repo, None);
            self.deliver(event, self.tracker.issues[issue].repo, by, body);
        }
    }

    pub fn deliver_dependency(&mut self, issue: usize, blocker: usize, by: &str, is_added: bool) {
        let (blocked, blocking) = if is_added {
            ("blocked_by_added", "blocking_added")
        } else {
            ("blocked_by_removed", "blocking_removed")
        };
        let sides = [(blocked, "blocked_issue", issue), (blocking, "blocking_issue", blocker)];
        self.deliver_both("issue_dependencies", by, sides);
    }

    pub fn deliver_nesting(&mut self, child: usize, parent: usize, by: &str, is_added: bool) {
        let (of_child, of_parent) = if is_added {
            ("parent_issue_added", "sub_issue_added")
        } else {
            ("parent_issue_removed", "sub_issue_removed")
        };
        let sides = [(of_parent, "parent_issue", parent), (of_child, "sub_issue", child)];
        self.deliver_both("sub_issues", by, sides);
    }

    /// `projects_v2_item`, which only organizations are sent.
    pub fn deliver_item(&mut self, action: &str, (project, item): ItemId, by: &str, changes: Value) {
        let row = &self.tracker.projects[project];
        if !self.tracker.organizations.contains(&row.owner) {
            return;
        }
        let mut body = json!({
            "action": action,
            "projects_v2_item": item_json(row, project, item, &row.items[item]),
            "organization": user(&row.owner, "Organization"),
            "sender": user(by, "User"),
        });
        if !changes.is_null() {
            body["changes"] = changes;
        }
        self.tracker.deliveries.push(Delivery { event: "projects_v2_item", body });
    }
}

fn item_json(row: &Project, project: usize, index: usize, item: &Item) -> Value {
    let (content, kind) = item.content.named(&|issue| node_id(issue));
    json!({
        "id": 5_600_000 + index,
        "node_id": super::projects::item_id((project, index)),
        "project_node_id": super::projects::project_id(project),
        "content_node_id": content,
        "content_type": kind,
        "creator": user(&row.owner, "User"),
        "created_at": written(item.created_at),
        "updated_at": written(item.now.updated_at),
        "archived_at": item.now.is_archived.then(|| written(item.now.updated_at)),
    })
}
