//! What there is in the fake's workspace, and who may ask for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use taskgate::{
    clock::{Clock, SystemClock},
    model::{TaskStatus, UnixMillis},
};

use super::data::{Comment, Data, Issue, Label, Project, Relation, State, Team};

/// A webhook that was sent.
#[derive(Clone, Debug)]
pub struct LinearDelivery {
    pub event: &'static str,
    pub body: Value,
}

#[derive(Default)]
pub struct LinearWorld {
    pub data: Data,
    /// What reads show while they lag.
    pub shown: Option<Data>,
    /// Keys, and whether each may write.
    pub keys: BTreeMap<String, bool>,
    /// Tokens of the application that work.
    pub tokens: BTreeSet<String>,
    pub given_tokens: usize,
    /// Client id and secret.
    pub app: Option<(String, String)>,
    pub deliveries: Vec<LinearDelivery>,
    /// Ids that were ever used.
    pub taken: BTreeSet<String>,
    /// The time in milliseconds; real where it is none.
    pub stands_at: Option<i64>,
    last: i64,
    ids: u64,
}

/// The states of a team as Linear makes it.
const STATES: [(&str, &str); 6] = [
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
    ("Duplicate", "duplicate"),
];

impl LinearWorld {
    /// A moment that is later than each before.
    pub fn now(&mut self) -> i64 {
        let now = self.stands_at.unwrap_or_else(|| SystemClock::new().now().0);
        self.last = now.max(self.last + 1);
        self.last
    }

    pub fn new_id(&mut self) -> String {
        self.ids += 1;
        format!("{:08x}-1111-4222-8333-{:012x}", self.ids, self.ids)
    }

    /// Reads show from now on what is now, until they are told to catch up.
    pub fn lag(&mut self) {
        self.shown = Some(self.data.clone());
    }

    /// Reads show what is now; those that lag go on with that.
    pub fn catch_up(&mut self) {
        if self.shown.is_some() {
            self.lag();
        }
    }

    /// What reads show.
    pub fn seen(&self) -> &Data {
        self.shown.as_ref().unwrap_or(&self.data)
    }

    /// A team with the states that a new one has.
    pub fn new_team(&mut self, key: &str) -> usize {
        let team = self.data.teams.len();
        let id = self.new_id();
        let (key, name) = (key.to_owned(), format!("Team {key}"));
        self.data.teams.push(Team { id, key, name, is_archived: false });
        for (name, kind) in STATES {
            self.new_state(team, name, kind);
        }
        team
    }

    pub fn new_state(&mut self, team: usize, name: &str, kind: &'static str) -> usize {
        let id = self.new_id();
        self.data.states.push(State { id, team, name: name.to_owned(), kind });
        self.data.states.len() - 1
    }

    pub fn new_project(&mut self, team: usize, name: &str) -> usize {
        let id = self.new_id();
        let slug = format!("{:012x}", self.ids);
        self.data.projects.push(Project { id, team, name: name.to_owned(), slug });
        self.data.projects.len() - 1
    }

    pub fn new_label(&mut self, team: Option<usize>, name: &str) -> String {
        let id = self.new_id();
        let name = name.to_owned();
        self.data.labels.push(Label { id: id.clone(), team, name, is_group: false, group: None });
        id
    }

    /// A group of labels of the workspace, with these in it; their ids.
    pub fn new_group(&mut self, name: &str, labels: &[&str]) -> Vec<String> {
        let group = self.new_label(None, name);
        let ids: Vec<_> = labels.iter().map(|label| self.new_label(None, label)).collect();
        for label in &mut self.data.labels {
            label.is_group |= label.id == group;
            label.group = ids.contains(&label.id).then(|| group.clone()).or(label.group.take());
        }
        ids
    }

    /// An issue of a team, in its first state of that type.
    pub fn file(&mut self, team: usize, title: &str, kind: &str) -> String {
        let id = self.new_id();
        let state = self.state_of(team, kind);
        self.insert(id, team, |issue| (issue.title, issue.state) = (title.to_owned(), state))
    }

    pub fn state_of(&self, team: usize, kind: &str) -> usize {
        self.data.states.iter().position(|state| state.team == team && state.kind == kind).unwrap()
    }

    pub fn state_named(&self, team: usize, name: &str) -> usize {
        self.data.states.iter().position(|state| state.team == team && state.name == name).unwrap()
    }

    /// An issue of that id.
    pub fn insert(&mut self, id: String, team: usize, fill: impl FnOnce(&mut Issue)) -> String {
        let now = self.now();
        let number = self.data.issues.iter().filter(|issue| issue.team == team).count() as u64 + 1;
        let mut issue = Issue {
            id: id.clone(),
            number,
            team,
            title: String::new(),
            description: String::new(),
            priority: 0,
            estimate: None,
            state: self.state_of(team, "backlog"),
            project: None,
            parent: None,
            assignee: None,
            delegate: None,
            labels: Vec::new(),
            previous: Vec::new(),
            created_at: now,
            updated_at: now,
            archived_at: None,
            is_trashed: false,
        };
        fill(&mut issue);
        self.taken.insert(id.clone());
        self.data.issues.push(issue);
        self.tell(&id, "create", json!({}));
        id
    }

    pub fn key_of(&self, issue: &Issue) -> String {
        format!("{}-{}", self.data.teams[issue.team].key, issue.number)
    }

    pub fn issue(&self, id: &str) -> &Issue {
        self.data.issues.iter().find(|issue| issue.id == id).unwrap()
    }

    /// The issue of that id or key, if it is there.
    pub fn find(&self, name: &str) -> Option<&Issue> {
        let is_it = |issue: &&Issue| {
            issue.id == name || self.key_of(issue) == name || issue.previous.iter().any(|key| key == name)
        };
        self.data.issues.iter().find(is_it)
    }

    /// Changes an issue, as a person or the API does.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Issue)) {
        let now = self.now();
        let issue = self.data.issues.iter_mut().find(|issue| issue.id == id).unwrap();
        let before = issue.clone();
        change(issue);
        issue.updated_at = now;
        let mut from = json!({"updatedAt": rfc3339(before.updated_at)});
        if before.team != issue.team {
            from["teamId"] = json!(self.data.teams[before.team].id);
        }
        if before.parent != issue.parent {
            from["parentId"] = json!(before.parent);
        }
        self.tell(id, "update", from);
    }

    /// A person moves an issue, by states and the label that says blocked.
    pub fn move_issue(&mut self, id: &str, status: TaskStatus) {
        let team = self.issue(id).team;
        let kind = match status {
            TaskStatus::Backlog => "backlog",
            TaskStatus::Todo => "unstarted",
            TaskStatus::InProgress | TaskStatus::Blocked => "started",
            TaskStatus::Done => "completed",
            TaskStatus::Cancelled => "canceled",
        };
        let state = self.state_of(team, kind);
        let blocked =
            self.data.labels.iter().find(|label| label.name == "blocked").map(|label| label.id.clone());
        let blocked = match (blocked, status) {
            (None, TaskStatus::Blocked) => Some(self.new_label(Some(team), "blocked")),
            (blocked, _) => blocked,
        };
        self.change(id, |issue| {
            issue.state = state;
            issue.labels.retain(|label| Some(label) != blocked.as_ref());
            if status == TaskStatus::Blocked {
                issue.labels.extend(blocked.clone());
            }
        });
    }

    /// Ids of the issues that do not stand as done.
    pub fn unfinished(&self) -> Vec<String> {
        let is_open = |issue: &&Issue| self.data.states[issue.state].kind != "completed";
        self.data.issues.iter().filter(is_open).map(|issue| issue.id.clone()).collect()
    }

    /// A person puts an issue into the bin.
    pub fn trash(&mut self, id: &str) {
        let now = self.now();
        self.change(id, |issue| (issue.archived_at, issue.is_trashed) = (Some(now), true));
    }

    pub fn comment_on(&mut self, issue: &str, id: String, body: &str) {
        let updated_at = self.now();
        self.taken.insert(id.clone());
        let (issue, body) = (issue.to_owned(), rewritten(body));
        self.data.comments.push(Comment { id, issue, body, updated_at, is_deleted: false });
    }

    /// Texts of the comments on an issue, oldest first.
    pub fn comments(&self, issue: &str) -> Vec<String> {
        let of_issue =
            self.data.comments.iter().filter(|comment| comment.issue == issue && !comment.is_deleted);
        of_issue.map(|comment| comment.body.clone()).collect()
    }

    pub fn relate(&mut self, id: String, kind: &str, (issue, related): (&str, &str)) {
        self.taken.insert(id.clone());
        let (issue, related) = (issue.to_owned(), related.to_owned());
        self.data.relations.push(Relation { id, kind: kind.to_owned(), issue, related });
    }

    fn tell(&mut self, id: &str, action: &str, from: Value) {
        let issue = self.issue(id);
        let team = &self.data.teams[issue.team];
        let body = json!({
            "action": action, "type": "Issue", "organizationId": ORGANIZATION, "updatedFrom": from,
            "webhookTimestamp": issue.updated_at,
            "data": {
                "id": issue.id, "identifier": self.key_of(issue), "teamId": team.id, "parentId": issue.parent,
                "updatedAt": rfc3339(issue.updated_at), "archivedAt": issue.archived_at.map(rfc3339),
            },
        });
        self.deliveries.push(LinearDelivery { event: "Issue", body });
    }
}

/// The id of the workspace.
pub const ORGANIZATION: &str = "0a0a0a0a-1111-4222-8333-0b0b0b0b0b0b";

pub fn rfc3339(millis: i64) -> String {
    UnixMillis(millis).rfc3339()
}

/// Markdown as Linear gives it back: a document that was read and written anew.
pub fn rewritten(text: &str) -> String {
    let mut text = text.trim().to_owned();
    while let Some(start) = text.find("<!--") {
        let end = text[start..].find("-->").map_or(text.len(), |end| start + end + 3);
        text.replace_range(start..end, "");
    }
    let mut out = String::new();
    let mut rest = text.trim();
    while let Some(at) = rest.find("](") {
        let end = rest[at..].find(')').map_or(rest.len(), |end| at + end);
        out.push_str(&rest[..at]);
        out.push_str("](<");
        out.push_str(&rest[at + 2..end]);
        out.push('>');
        rest = &rest[end..];
    }
    out + rest
}
