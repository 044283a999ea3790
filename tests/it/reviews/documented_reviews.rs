//! The transcript of `docs/pull-requests.md` is what the gateway says: it is made by running it, and compared.
//!
//! `WRITE_DOCS=1 cargo nextest run --test it -E 'test(documented_reviews)'` writes it anew.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{
    Caller, Gateway,
    github::{FakeGithub, thread_id},
    hold_transcript,
};

/// Calls a tool and writes both down: every text block of the answer, indented.
async fn call(text: &mut String, caller: &Caller, tool: &str, arguments: Value) {
    let _ = writeln!(text, "-> {tool} {arguments}");
    let answer = caller.modern("tools/call", json!({"name": tool, "arguments": arguments})).await.json();
    for block in answer["result"]["content"].as_array().unwrap_or_else(|| panic!("{answer}")) {
        for line in block["text"].as_str().unwrap().lines() {
            let _ = writeln!(text, "{}", format!("    {line}").trim_end());
        }
        text.push('\n');
    }
}

async fn transcript() -> String {
    let github = FakeGithub::start();
    let token = github.token("mona");
    let thread = github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        let open = world.thread(pull, "src/cache.rs", 12);
        world.comment(open, "hubot", "Why not a `HashMap`?");
        let done = world.thread(pull, "src/main.rs", 3);
        world.comment(done, "hubot", "A typo.");
        world.resolve(done, Some("mona"));
        thread_id(open)
    });
    let gateway = Gateway::with(&[
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", &token),
        ("TASKGATE_SHARE_GITHUB_TOKEN", "true"),
    ]);
    let (caller, url) = (gateway.caller(), "https://github.com/octo/app/pull/7");
    let mut text = String::new();
    let repo = json!({"owner": "octo", "repo": "app"});
    call(&mut text, &caller, "list_open_pull_requests", repo).await;
    let branch = json!({"owner": "octo", "repo": "app", "branch": "fix"});
    call(&mut text, &caller, "resolve_open_pr_url", branch).await;
    call(&mut text, &caller, "fetch_pr_review_comments", json!({"pr_url": url})).await;
    let open = json!({"pr_url": url, "output": "json", "include_resolved": false});
    call(&mut text, &caller, "fetch_pr_review_comments", open).await;
    let reply = json!({"pr_url": url, "thread_id": thread, "body": "It is one now."});
    call(&mut text, &caller, "reply_to_review_comment", reply).await;
    call(&mut text, &caller, "resolve_review_thread", json!({"thread_id": thread})).await;
    call(&mut text, &caller, "unresolve_review_thread", json!({"thread_id": thread})).await;
    let missing = json!({"pr_url": "https://github.com/octo/app/pull/8"});
    call(&mut text, &caller, "fetch_pr_review_comments", missing).await;
    text
}

#[tokio::test]
async fn the_transcript_of_reviews_is_what_the_gateway_says() {
    let made = transcript().await;
    hold_transcript("docs/pull-requests.md", "tests/it/reviews/documented_reviews.rs", &made);
}
