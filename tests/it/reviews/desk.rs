//! A gateway beside a GitHub of the tests, for people who each have a key with a token of their own.

use reqwest::Method;
use serde_json::{Value, json};

use super::setup;
use crate::support::{Caller, Gateway, admin, github::FakeGithub, send, with_admin};

pub struct Desk {
    pub github: FakeGithub,
    pub gateway: Gateway,
}

/// What a fetch answered: its texts, and the block that says what they are.
#[derive(Clone, Debug)]
pub struct FetchedTexts {
    pub texts: Vec<String>,
    pub summary: Value,
}

impl FetchedTexts {
    pub fn text(&self) -> &str {
        assert_eq!(self.texts.len(), 1, "{self:?}");
        &self.texts[0]
    }

    pub fn items(&self) -> Vec<Value> {
        serde_json::from_str(&self.texts[0]).unwrap()
    }
}

impl Desk {
    pub fn open() -> Self {
        Self::with(&[])
    }

    pub fn with(settings: &[(&str, &str)]) -> Self {
        let github = FakeGithub::start();
        let gateway = with_admin(&[&[("GITHUB_API_URL", github.url.as_str())], settings].concat());
        Self { github, gateway }
    }

    /// Somebody with a key that has a token of GitHub's.
    pub async fn person(&self, login: &str) -> Caller {
        let token = self.github.token(login);
        self.key(json!({"github_token": token, "user_id": login})).await
    }

    pub async fn key(&self, body: Value) -> Caller {
        let made =
            send(admin(&self.gateway).request(Method::POST, "/admin/tokens").body(body.to_string())).await;
        assert_eq!(made.status, 200, "{made:?}");
        self.gateway.caller_with(made.json()["mcp_key"].as_str().unwrap())
    }

    /// Names of what arrived at GitHub since the last time this was asked: operations, and paths of REST.
    pub fn asked(&self) -> Vec<String> {
        let heard = self.github.heard().into_iter();
        heard.map(|heard| if heard.operation.is_empty() { heard.path } else { heard.operation }).collect()
    }
}

pub fn url(full_name: &str, number: u64) -> String {
    format!("https://github.com/{full_name}/pull/{number}")
}

/// Calls a tool; the texts it answered, or its failure.
pub async fn call(caller: &Caller, tool: &str, arguments: Value) -> Result<Vec<String>, Value> {
    let called = setup::call(caller, tool, arguments).await;
    if !called.failed {
        return Ok(called.texts);
    }
    assert!(called.texts.iter().all(|text| !text.contains("No comments found")), "{called:?}");
    Err(called.end())
}

pub async fn fetch(caller: &Caller, arguments: Value) -> Result<FetchedTexts, Value> {
    let mut texts = call(caller, "fetch_pr_review_comments", arguments).await?;
    let summary = serde_json::from_str(&texts.pop().unwrap()).unwrap();
    Ok(FetchedTexts { texts, summary })
}
