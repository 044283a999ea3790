//! A plain client of the fake's API.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::github::FakeGithub;

pub struct Plain<'a> {
    pub github: &'a FakeGithub,
    pub token: String,
    client: reqwest::Client,
}

impl<'a> Plain<'a> {
    /// As that login.
    pub fn of(github: &'a FakeGithub, login: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { github, token: github.token(login), client }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        etag: Option<&str>,
    ) -> Response {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.github.url) };
        let mut request = self.client.request(method, url).header("user-agent", "t").bearer_auth(&self.token);
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// Status and body of an answer.
    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(method, path, Some(body), None).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None, None).await.json().await.unwrap()
    }

    /// The numbers of a list's page.
    pub async fn numbers(&self, path: &str) -> Vec<u64> {
        let page = self.get(path).await;
        page.as_array().unwrap().iter().map(|item| item["number"].as_u64().unwrap()).collect()
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        self.ask(Method::POST, "/graphql", json!({"query": query, "variables": variables})).await.1
    }
}
