//! What a mutation does, and what keeps a token from it.

use serde_json::{Map, Value};
use time::{OffsetDateTime, macros::format_description};

use super::{
    issues::mutate_project,
    objects::{Field, Node},
    world::{Comment, Text, Token, World},
};

/// Executes one mutation.
pub fn mutate(name: &str, arguments: &Map<String, Value>, world: &mut World, viewer: &Token) -> Field {
    if let Some(done) = mutate_project(name, arguments, world, viewer) {
        return done;
    }
    let input = arguments.get("input").cloned().unwrap_or_default();
    let id = match name {
        "addPullRequestReviewThreadReply" => &input["pullRequestReviewThreadId"],
        "resolveReviewThread" | "unresolveReviewThread" => &input["threadId"],
        _ => return Field::Unknown,
    };
    let id = id.as_str().unwrap_or_default();
    let Some(Node::Thread(thread)) = Node::of_id(id, world, viewer) else {
        let message = format!("Could not resolve to a node with the global id of '{id}'");
        return Field::Failed("NOT_FOUND", message);
    };
    let may =
        viewer.writes_pull_requests && (name == "addPullRequestReviewThreadReply" || viewer.writes_contents);
    if !may {
        return Field::Failed("FORBIDDEN", String::from("Resource not accessible by personal access token"));
    }
    match name {
        "addPullRequestReviewThreadReply" => {
            let comment = reply(thread, input["body"].as_str().unwrap_or_default(), world, viewer);
            Field::One(Some(Node::Payload(
                "AddPullRequestReviewThreadReplyPayload",
                "comment",
                Box::new(Node::Comment(comment)),
            )))
        }
        "resolveReviewThread" => {
            if !world.threads[thread].is_resolved {
                world.resolve(thread, Some(&viewer.login));
            }
            Field::One(Some(payload("ResolveReviewThreadPayload", thread)))
        }
        _ => {
            world.resolve(thread, None);
            Field::One(Some(payload("UnresolveReviewThreadPayload", thread)))
        }
    }
}

fn payload(kind: &'static str, thread: usize) -> Node {
    Node::Payload(kind, "thread", Box::new(Node::Thread(thread)))
}

/// A reply joins the review that its author has pending, as GitHub has it.
fn reply(thread: usize, body: &str, world: &mut World, viewer: &Token) -> usize {
    let at = now();
    let text = Text {
        author: Some(viewer.login.clone()),
        association: "MEMBER",
        body: body.to_owned(),
        created_at: at.clone(),
        updated_at: at,
        minimized: None,
    };
    let pending = world.pending_of(&viewer.login, world.threads[thread].pull);
    let hunk = world.comments.iter().find(|comment| comment.thread == thread);
    let hunk = hunk.map(|comment| comment.hunk.clone()).unwrap_or_default();
    world.comments.push(Comment { thread, text, hunk, pending });
    world.comments.len() - 1
}

/// Replies are of now: whether one repeats another is a matter of minutes.
fn now() -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::now_utc().format(form).unwrap()
}
