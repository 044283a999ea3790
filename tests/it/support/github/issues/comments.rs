//! Comments below issues.

use std::time::Instant;

use serde_json::Value;

use super::{
    json::of_comment_id,
    lists::{missing, pages},
    tracker::IssueComment,
};
use crate::support::github::{
    rest::{Answered, error},
    world::{Token, World},
};

impl World {
    pub fn comment_on_issue(&mut self, issue: usize, by: &str, body: &str) -> usize {
        let lag = self.tracker.lag;
        self.alter_issue(issue, |_| {});
        let at = self.tracker.issues[issue].now.updated_at;
        let author = Some(by.to_owned());
        let (body, seen_from) = (body.to_owned(), Instant::now() + lag);
        let comment = IssueComment {
            issue,
            author,
            body,
            created_at: at,
            updated_at: at,
            is_deleted: false,
            seen_from,
        };
        self.tracker.comments.push(comment);
        let index = self.tracker.comments.len() - 1;
        self.tracker.issues[issue].comments.push(index);
        self.deliver_comment("created", index, by);
        index
    }

    pub fn edit_issue_comment(&mut self, comment: usize, by: &str, body: &str) {
        let at = self.tracker.time.tick();
        let row = &mut self.tracker.comments[comment];
        body.clone_into(&mut row.body);
        row.updated_at = at;
        self.deliver_comment("edited", comment, by);
    }

    pub fn delete_issue_comment(&mut self, comment: usize, by: &str) {
        self.deliver_comment("deleted", comment, by);
        self.tracker.comments[comment].is_deleted = true;
    }

    /// The texts below an issue, oldest first.
    pub fn issue_comments(&self, issue: usize) -> Vec<String> {
        let all = self.tracker.issues[issue].comments.iter().map(|index| &self.tracker.comments[*index]);
        all.filter(|comment| !comment.is_deleted).map(|comment| comment.body.clone()).collect()
    }
}

/// `GET .../issues/{n}/comments`: ascending by id.
pub fn list(world: &World, issue: usize, url: &url::Url) -> Answered {
    let since = super::lists::since(url);
    let all: Vec<_> = world
        .tracker
        .comments_of(issue)
        .filter(|index| since.is_none_or(|since| world.tracker.comments[*index].updated_at >= since))
        .collect();
    let repo = world.tracker.issues[issue].repo;
    pages(url, repo, &all, |index| world.issue_comment_json(*index))
}

pub fn get(world: &World, repo: usize, id: &str) -> Answered {
    match found(world, repo, id) {
        Some(comment) => Answered::ok(world.issue_comment_json(comment)),
        None => missing(),
    }
}

pub fn create(world: &mut World, issue: usize, viewer: &Token, body: &Value) -> Answered {
    let Some(text) = body["body"].as_str().filter(|text| !text.is_empty()) else {
        return error(422, "Validation Failed");
    };
    if text.len() > 65_536 {
        return error(422, "Validation Failed");
    }
    let comment = world.comment_on_issue(issue, &viewer.login, text);
    Answered::with_status(201, world.issue_comment_json(comment))
}

/// `PATCH` and `DELETE .../issues/comments/{id}`.
pub fn change(world: &mut World, repo: usize, id: &str, viewer: &Token, body: Option<&Value>) -> Answered {
    let Some(comment) = found(world, repo, id) else { return missing() };
    match body.map(|body| body["body"].as_str()) {
        None => {
            world.delete_issue_comment(comment, &viewer.login);
            Answered::with_status(204, Value::Null)
        }
        Some(None) => error(422, "Validation Failed"),
        Some(Some(text)) => {
            world.edit_issue_comment(comment, &viewer.login, text);
            Answered::ok(world.issue_comment_json(comment))
        }
    }
}

fn found(world: &World, repo: usize, id: &str) -> Option<usize> {
    let index = of_comment_id(id.parse().ok()?)?;
    let comment = world.tracker.comments.get(index)?;
    (!comment.is_deleted && world.tracker.issues[comment.issue].repo == repo).then_some(index)
}
