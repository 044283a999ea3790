//! A person at GitHub, with labels or in a project.

use async_trait::async_trait;
use taskgate::model::TaskStatus;

use crate::{person::Person, support::github::FakeGithub};

const PERSON: &str = "ana";
const STATUS_LABELS: [&str; 4] = ["blocked", "in-progress", "todo", "backlog"];

pub struct AtGithub<'a> {
    pub github: &'a FakeGithub,
    /// The project in which moves are made.
    pub project: Option<usize>,
}

#[async_trait]
impl Person for AtGithub<'_> {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        self.github.change(|world| {
            let issue = world.issue_named(task_id).unwrap();
            match status {
                TaskStatus::Done => return world.close_issue(issue, PERSON, "completed"),
                TaskStatus::Cancelled => return world.close_issue(issue, PERSON, "not_planned"),
                _ => world.reopen_issue(issue, PERSON),
            }
            if let Some(project) = self.project {
                let option = match status {
                    TaskStatus::Backlog => "Backlog",
                    TaskStatus::Todo => "Todo",
                    TaskStatus::InProgress => "In Progress",
                    _ => "Blocked",
                };
                return world.move_issue(project, issue, PERSON, ("Status", option));
            }
            for label in STATUS_LABELS {
                world.unlabel_issue(issue, PERSON, label);
            }
            world.label_issue(issue, PERSON, &status.as_str().replace('_', "-"));
        });
    }

    async fn deletes(&self, task_id: &str) {
        self.github.change(|world| {
            let issue = world.issue_named(task_id).unwrap();
            world.delete_issue(issue, PERSON);
        });
    }

    /// What is written below, as it is shown: without marks.
    async fn comments(&self, task_id: &str) -> Vec<String> {
        let comments = self.github.change(|world| {
            let issue = world.issue_named(task_id).unwrap();
            world.issue_comments(issue)
        });
        comments.iter().map(|text| text.split("<!--").next().unwrap_or_default().trim().to_owned()).collect()
    }

    fn sees_edits(&self) -> bool {
        true
    }

    async fn records(&self, _: &str) -> usize {
        0
    }
}
