//! Issues, comments, labels and repositories as REST and webhooks have them.

use serde_json::{Value, json};

use super::tracker::{IssueState, database_id, node_id, written};
use crate::support::github::world::{Token, World};

impl World {
    /// What somebody is to a repository.
    pub fn association(&self, repo: usize, login: Option<&str>) -> &'static str {
        let Some(login) = login else { return "NONE" };
        if let Some(known) = self.tracker.associations.get(login) {
            return known;
        }
        match () {
            () if self.repos[repo].owner.eq_ignore_ascii_case(login) => "OWNER",
            () if self.tokens.values().any(|token| token.login == login) => "MEMBER",
            () => "NONE",
        }
    }

    pub fn owner_json(&self, login: &str) -> Value {
        user(login, if self.tracker.organizations.contains(login) { "Organization" } else { "User" })
    }

    pub fn repo_json(&self, repo: usize, viewer: Option<&Token>) -> Value {
        let row = &self.repos[repo];
        let (full_name, is_private) = (self.full_name(repo), row.readers.is_some());
        let mut json = json!({
            "id": repo,
            "node_id": format!("R_kgDO{repo:04}"),
            "name": row.name,
            "full_name": full_name,
            "private": is_private,
            "visibility": if is_private { "private" } else { "public" },
            "owner": self.owner_json(&row.owner),
            "url": format!("{}/repos/{full_name}", self.base),
            "html_url": format!("https://github.com/{full_name}"),
            "has_issues": !self.tracker.without_issues.contains(&repo),
            "archived": false,
            "disabled": false,
            "default_branch": "main",
        });
        if let Some(viewer) = viewer {
            let writes = viewer.writes_issues;
            json["permissions"] =
                json!({"admin": false, "maintain": false, "push": writes, "triage": writes, "pull": true});
        }
        json
    }

    pub fn label_json(&self, repo: usize, name: &str) -> Value {
        let labels = self.tracker.labels.get(&repo);
        let place = labels.and_then(|labels| labels.iter().position(|known| known == name)).unwrap_or(0);
        let full_name = self.full_name(repo);
        json!({
            "id": 208_000_000 + repo * 1000 + place,
            "node_id": format!("LA_kwDO{repo:02}{place:04}"),
            "url": format!("{}/repos/{full_name}/labels/{}", self.base, name.replace(' ', "%20")),
            "name": name,
            "color": "ededed",
            "default": false,
            "description": null,
        })
    }

    /// An issue in that state, with what follows from the others as reads show them.
    pub fn issue_json(&self, index: usize, state: &IssueState) -> Value {
        let issue = &self.tracker.issues[index];
        let full_name = self.full_name(issue.repo);
        let url = format!("{}/repos/{full_name}/issues/{}", self.base, issue.number);
        let labels: Vec<_> = state.labels.iter().map(|name| self.label_json(issue.repo, name)).collect();
        let assignees: Vec<_> = state.assignees.iter().map(|login| user(login, "User")).collect();
        let mut json = json!({
            "id": database_id(index),
            "node_id": node_id(index),
            "number": issue.number,
            "url": url,
            "repository_url": format!("{}/repos/{full_name}", self.base),
            "labels_url": format!("{url}/labels{{/name}}"),
            "comments_url": format!("{url}/comments"),
            "events_url": format!("{url}/events"),
            "timeline_url": format!("{url}/timeline"),
            "html_url": format!("https://github.com/{full_name}/issues/{}", issue.number),
            "title": state.title,
            "body": state.body,
            "user": issue.author.as_ref().map(|login| user(login, "User")),
            "author_association": self.association(issue.repo, issue.author.as_deref()),
            "state": if state.is_open { "open" } else { "closed" },
            "state_reason": state.reason,
            "labels": labels,
            "assignee": assignees.first(),
            "assignees": assignees,
            "milestone": null,
            "locked": false,
            "active_lock_reason": null,
            "comments": self.tracker.comments_of(index).count(),
            "created_at": written(issue.created_at),
            "updated_at": written(state.updated_at),
            "closed_at": state.closed_at.map(written),
            "closed_by": null,
            "performed_via_github_app": null,
        });
        if !self.tracker.lacks_relations {
            self.add_relations(index, state, &mut json);
        }
        json
    }

    fn add_relations(&self, index: usize, state: &IssueState, json: &mut Value) {
        let row = &self.tracker.issues[index];
        let seen = |other: &usize| self.tracker.issues[*other].is_listed();
        let is_open = |index: &&usize| self.tracker.issues[**index].seen().is_some_and(|state| state.is_open);
        let blocked = row.blocking.iter().filter_map(seen).filter(|other| other.blocked_by.contains(&index));
        let children = row.parts.iter().filter_map(seen).filter(|other| other.parent == Some(index));
        let children: Vec<_> = children.collect();
        let completed = children.iter().filter(|child| !child.is_open).count();
        json["issue_dependencies_summary"] = json!({
            "blocked_by": state.blocked_by.iter().filter(is_open).count(),
            "total_blocked_by": state.blocked_by.len(),
            "blocking": if state.is_open { blocked.clone().count() } else { 0 },
            "total_blocking": blocked.count(),
        });
        json["sub_issues_summary"] = json!({
            "total": children.len(),
            "completed": completed,
            "percent_completed": (100 * completed).checked_div(children.len()).unwrap_or(0),
        });
        json["parent_issue_url"] = state.parent.map_or(Value::Null, |parent| {
            let parent = &self.tracker.issues[parent];
            format!("{}/repos/{}/issues/{}", self.base, self.full_name(parent.repo), parent.number).into()
        });
    }

    /// A pull request as a list of issues has it.
    pub fn pull_as_issue(&self, index: usize) -> Value {
        let mut json = self.pull_json(index);
        let (url, html) = (json["url"].clone(), json["html_url"].clone());
        json["node_id"] = format!("PR_kwDO{index:04}").into();
        json["pull_request"] = json!({"url": url, "html_url": html, "merged_at": null});
        json["labels"] = json!([]);
        json["assignees"] = json!([]);
        json["author_association"] = "MEMBER".into();
        json["body"] = Value::Null;
        json["state_reason"] = Value::Null;
        json["closed_at"] = Value::Null;
        json
    }

    pub fn issue_comment_json(&self, index: usize) -> Value {
        let comment = &self.tracker.comments[index];
        let issue = &self.tracker.issues[comment.issue];
        let (full_name, id) = (self.full_name(issue.repo), comment_id(index));
        json!({
            "id": id,
            "node_id": format!("IC_kwDOFake{index:06}"),
            "url": format!("{}/repos/{full_name}/issues/comments/{id}", self.base),
            "html_url": format!("https://github.com/{full_name}/issues/{}#issuecomment-{id}", issue.number),
            "issue_url": format!("{}/repos/{full_name}/issues/{}", self.base, issue.number),
            "user": comment.author.as_ref().map(|login| user(login, "User")),
            "body": comment.body,
            "created_at": written(comment.created_at),
            "updated_at": written(comment.updated_at),
            "author_association": self.association(issue.repo, comment.author.as_deref()),
            "performed_via_github_app": null,
        })
    }
}

pub fn comment_id(index: usize) -> u64 {
    1_900_000_000 + index as u64
}

pub fn of_comment_id(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(1_900_000_000)?).ok()
}

/// An account, with as much of it as somebody reads.
pub fn user(login: &str, kind: &str) -> Value {
    json!({
        "login": login,
        "id": login.bytes().fold(7_u64, |id, byte| (id * 31 + u64::from(byte)) % 100_000_000),
        "node_id": format!("U_{login}"),
        "html_url": format!("https://github.com/{login}"),
        "type": kind,
        "site_admin": false,
    })
}
