//! A gateway beside a GitHub of the tests, and calls of its tools on pull requests.

use serde_json::{Value, json};

use crate::support::{
    Caller, Gateway,
    github::{FakeGithub, World},
};

pub const URL: &str = "https://github.com/o/r/pull/7";

/// What a tool answered.
#[derive(Debug)]
pub struct Called {
    pub texts: Vec<String>,
    pub failed: bool,
    pub result: Value,
}

impl Called {
    /// The last text, which is JSON.
    pub fn end(&self) -> Value {
        serde_json::from_str(self.texts.last().unwrap()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The items of a JSON answer.
    pub fn items(&self) -> Vec<Value> {
        assert!(!self.failed, "{self:?}");
        serde_json::from_str(&self.texts[0]).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The bodies of a JSON answer.
    pub fn bodies(&self) -> Vec<String> {
        self.items().iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect()
    }

    /// Code and sentence of a failure.
    pub fn error(&self) -> (String, String) {
        assert!(self.failed, "{self:?}");
        let end = self.end();
        let text = |name: &str| end[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("error"))
    }
}

/// A gateway that asks that GitHub, as `mona` for everybody.
pub fn gateway(github: &FakeGithub) -> Gateway {
    gateway_with(github, &[])
}

pub fn gateway_with(github: &FakeGithub, settings: &[(&str, &str)]) -> Gateway {
    let token = github.token("mona");
    let own = [
        ("GITHUB_API_URL", github.url.as_str()),
        ("GITHUB_TOKEN", &token),
        ("TASKGATE_SHARE_GITHUB_TOKEN", "true"),
    ];
    Gateway::with(&[&own, settings].concat())
}

pub async fn call(caller: &Caller, name: &str, arguments: Value) -> Called {
    let answer = caller.modern("tools/call", json!({"name": name, "arguments": arguments})).await;
    let result = answer.json()["result"].clone();
    let content = result["content"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let texts = content.iter().map(|block| block["text"].as_str().unwrap().to_owned()).collect();
    Called { texts, failed: result["isError"] == true, result }
}

pub async fn fetch(caller: &Caller, arguments: Value) -> Called {
    let mut all = json!({"pr_url": URL});
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    call(caller, "fetch_pr_review_comments", all).await
}

/// The operations of the requests since the last time.
pub fn operations(github: &FakeGithub) -> Vec<String> {
    github.heard().into_iter().map(|heard| heard.operation).collect()
}

/// Pull request 7 with one of everything that is out of the ordinary.
pub fn odd_pull(world: &mut World) {
    let pull = world.open("o/r", 7, "topic");
    world.pulls[pull].decision = Some("CHANGES_REQUESTED");
    let file = world.thread(pull, "docs/a b.md", 1);
    (world.threads[file].line, world.threads[file].original_line, world.threads[file].is_file) =
        (None, None, true);
    world.comment(file, "hubot", "About the whole file.");
    let outdated = world.thread(pull, "src/lib.rs", 9);
    (world.threads[outdated].line, world.threads[outdated].is_outdated) = (None, true);
    world.comment(outdated, "mona", "```suggestion\nlet a = b < c && d;\n```");
    let resolved = world.thread(pull, "src/main.rs", 12);
    world.threads[resolved].start_line = Some(10);
    let gone = world.comment(resolved, "", "By an account that is gone.");
    world.comments[gone].text.author = None;
    let minimized = world.comment(resolved, "troll", "Never mind.");
    world.comments[minimized].text.minimized = Some("off-topic");
    world.comments[minimized].text.association = "NONE";
    world.resolve(resolved, Some("mona"));
    let open = world.thread(pull, "src/main.rs", 20);
    let hidden = world.comment(open, "mona", "Not yet sent.\u{202e}\u{200b}\u{e0041}");
    let pending = world.review(pull, "mona", "PENDING", "");
    world.comments[hidden].pending = Some(pending);
    world.review(pull, "hubot", "CHANGES_REQUESTED", "Please see below.");
    world.review(pull, "hubot", "COMMENTED", "");
    world.say(pull, "hubot", "Thanks!");
}

/// Pull request 7 with that many comments in each thread, and their texts in order.
pub fn long_pull(world: &mut World, lengths: &[usize]) -> Vec<String> {
    let (pull, mut texts) = (world.open("o/r", 7, "topic"), Vec::new());
    for (index, length) in lengths.iter().enumerate() {
        let thread = world.thread(pull, &format!("src/{index}.rs"), 5);
        for number in 0..*length {
            texts.push(format!("Comment {number} of thread {index}."));
            world.comment(thread, "hubot", texts.last().unwrap());
        }
    }
    texts
}

/// Lets everything that was read grow older than it is kept.
pub async fn forget(gateway: &Gateway, caller: &Caller) {
    crate::support::pass_seconds(gateway, caller, 400).await;
}
