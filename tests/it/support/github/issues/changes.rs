//! What somebody does to issues: people by these methods, programs by the API, which calls them too. Each change takes its second,
//! is not read before the lag is over, and is sent to webhooks.

use serde_json::{Value, json};

use super::tracker::{Issue, IssueState, NewIssue, Whereabouts, issue_of_id};
use crate::support::github::world::World;

impl World {
    /// Changes an issue; whether that was a change.
    pub fn alter_issue(&mut self, issue: usize, change: impl FnOnce(&mut IssueState)) {
        let (lag, at) = (self.tracker.lag, self.tracker.time.tick());
        let row = &mut self.tracker.issues[issue];
        row.lags(lag, Some(row.now.clone()));
        change(&mut row.now);
        row.now.updated_at = at;
    }

    /// The name under which a repository has that label, which is made if it is not there.
    pub fn label_name(&mut self, repo: usize, name: &str) -> String {
        let labels = self.tracker.labels.entry(repo).or_default();
        if let Some(known) = labels.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return known.clone();
        }
        labels.push(name.to_owned());
        name.to_owned()
    }

    /// An open issue of a repository, which is made if it is not there.
    pub fn file_issue(&mut self, full_name: &str, by: &str, title: &str) -> usize {
        let repo = self.repo(full_name);
        self.file_new_issue(repo, by, NewIssue { title: title.to_owned(), ..NewIssue::default() })
    }

    pub fn file_new_issue(&mut self, repo: usize, by: &str, mut new: NewIssue) -> usize {
        new.labels = new.labels.iter().map(|name| self.label_name(repo, name)).collect();
        let pulls = self.pulls.iter().filter(|pull| pull.repo == repo).map(|pull| pull.number);
        let number = pulls.fold(self.tracker.last_number(repo), u64::max) + 1;
        let mut issue = Issue::new(repo, number, by, new, self.tracker.time.tick());
        issue.lags(self.tracker.lag, None);
        let index = self.tracker.add(issue);
        self.deliver_issue("opened", index, by, Value::Null);
        index
    }

    pub fn edit_issue(&mut self, issue: usize, by: &str, title: Option<&str>, body: Option<&str>) {
        let state = &self.tracker.issues[issue].now;
        let mut changes = json!({});
        if title.is_some_and(|title| title != state.title) {
            changes["title"] = json!({"from": state.title});
        }
        if body.is_some() && body != state.body.as_deref() {
            changes["body"] = json!({"from": state.body.clone().unwrap_or_default()});
        }
        if changes.as_object().unwrap().is_empty() {
            return;
        }
        self.alter_issue(issue, |state| {
            state.title = title.unwrap_or(&state.title).to_owned();
            state.body = body.map(str::to_owned).or_else(|| state.body.take());
        });
        self.deliver_issue("edited", issue, by, json!({"changes": changes}));
    }

    pub fn label_issue(&mut self, issue: usize, by: &str, label: &str) {
        let repo = self.tracker.issues[issue].repo;
        let label = self.label_name(repo, label);
        if !self.tracker.issues[issue].now.labels.contains(&label) {
            self.alter_issue(issue, |state| state.labels.push(label.clone()));
            let label = self.label_json(repo, &label);
            self.deliver_issue("labeled", issue, by, json!({"label": label}));
        }
    }

    /// Whether it had that label.
    pub fn unlabel_issue(&mut self, issue: usize, by: &str, label: &str) -> bool {
        let Issue { repo, now, .. } = &self.tracker.issues[issue];
        let is_it = |known: &String| known.eq_ignore_ascii_case(label);
        let (repo, Some(label)) = (*repo, now.labels.iter().find(|known| is_it(known)).cloned()) else {
            return false;
        };
        self.alter_issue(issue, |state| state.labels.retain(|known| *known != label));
        let label = self.label_json(repo, &label);
        self.deliver_issue("unlabeled", issue, by, json!({"label": label}));
        true
    }

    /// Closes it for that reason: `completed`, `not_planned` or `duplicate`.
    pub fn close_issue(&mut self, issue: usize, by: &str, reason: &'static str) {
        let state = &self.tracker.issues[issue].now;
        if !state.is_open && state.reason == Some(reason) {
            return;
        }
        self.alter_issue(issue, |state| (state.is_open, state.reason) = (false, Some(reason)));
        let state = &mut self.tracker.issues[issue].now;
        state.closed_at = Some(state.updated_at);
        self.deliver_issue("closed", issue, by, Value::Null);
        self.follow_closing(issue, by);
    }

    pub fn reopen_issue(&mut self, issue: usize, by: &str) {
        if self.tracker.issues[issue].now.is_open {
            return;
        }
        self.alter_issue(issue, |state| {
            (state.is_open, state.reason, state.closed_at) = (true, Some("reopened"), None);
        });
        self.deliver_issue("reopened", issue, by, Value::Null);
    }

    pub fn assign_issue(&mut self, issue: usize, by: &str, login: &str) {
        self.alter_issue(issue, |state| state.assignees.push(login.to_owned()));
        let assignee = self.owner_json(login);
        self.deliver_issue("assigned", issue, by, json!({"assignee": assignee}));
    }

    pub fn unassign_issue(&mut self, issue: usize, by: &str, login: &str) {
        self.alter_issue(issue, |state| state.assignees.retain(|known| known != login));
        let assignee = self.owner_json(login);
        self.deliver_issue("unassigned", issue, by, json!({"assignee": assignee}));
    }

    pub fn delete_issue(&mut self, issue: usize, by: &str) {
        self.deliver_issue("deleted", issue, by, Value::Null);
        self.alter_issue(issue, |state| state.whereabouts = Whereabouts::Deleted);
        self.drop_from_projects(issue);
    }

    /// Moves it to another repository, where it is another issue.
    pub fn transfer_issue(&mut self, issue: usize, by: &str, full_name: &str) -> usize {
        let repo = self.repo(full_name);
        let state = self.tracker.issues[issue].now.clone();
        let new = NewIssue {
            title: state.title,
            body: state.body,
            labels: state.labels,
            assignees: state.assignees,
        };
        let author = self.tracker.issues[issue].author.clone().unwrap_or_default();
        let there = self.file_new_issue(repo, &author, new);
        let new_issue = self.issue_json(there, &self.tracker.issues[there].now);
        let changes = json!({"new_issue": new_issue, "new_repository": self.repo_json(repo, None)});
        self.deliver_issue("transferred", issue, by, json!({"changes": changes}));
        self.alter_issue(issue, |state| state.whereabouts = Whereabouts::Transferred(there));
        self.follow_transfer(issue, there);
        there
    }

    pub fn block_issue(&mut self, issue: usize, by: &str, blocker: usize) {
        self.alter_issue(issue, |state| state.blocked_by.push(blocker));
        self.tracker.issues[blocker].blocking.insert(issue);
        self.deliver_dependency(issue, blocker, by, true);
    }

    /// Whether that one blocked it.
    pub fn unblock_issue(&mut self, issue: usize, by: &str, blocker: usize) -> bool {
        if !self.tracker.issues[issue].now.blocked_by.contains(&blocker) {
            return false;
        }
        self.alter_issue(issue, |state| state.blocked_by.retain(|known| *known != blocker));
        self.deliver_dependency(issue, blocker, by, false);
        true
    }

    pub fn nest_issue(&mut self, child: usize, by: &str, parent: usize) {
        self.alter_issue(child, |state| state.parent = Some(parent));
        self.tracker.issues[parent].parts.insert(child);
        self.deliver_nesting(child, parent, by, true);
    }

    pub fn unnest_issue(&mut self, child: usize, by: &str) {
        if let Some(parent) = self.tracker.issues[child].now.parent {
            self.alter_issue(child, |state| state.parent = None);
            self.deliver_nesting(child, parent, by, false);
        }
    }

    /// Another name for a repository; the former one leads to it.
    pub fn rename_repo(&mut self, repo: usize, name: &str) {
        let former = self.full_name(repo).to_lowercase();
        self.tracker.renamed.insert(former, repo);
        name.clone_into(&mut self.repos[repo].name);
    }

    /// The issue of that id in the graph, or of a key such as `#12` or `octo/app#12` in the first repository that has it.
    pub fn issue_named(&self, name: &str) -> Option<usize> {
        let is_here = |index: &usize| {
            let issue = self.tracker.issues.get(*index);
            issue.is_some_and(|issue| issue.now.whereabouts == Whereabouts::Here)
        };
        if let Some(index) = issue_of_id(name) {
            return Some(index).filter(is_here);
        }
        let (wanted, number) = name.rsplit_once('#')?;
        let number = number.parse().ok()?;
        let mut repos = (0..self.repos.len())
            .filter(|repo| wanted.is_empty() || self.full_name(*repo).eq_ignore_ascii_case(wanted));
        repos.find_map(|repo| self.tracker.numbered(repo, number).filter(is_here))
    }
}
