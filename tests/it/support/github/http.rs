//! One request and its answer, with the headers GitHub's have.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

use hyper::{HeaderMap, Method, StatusCode, Uri, header::HeaderValue};
use serde_json::Value;
use url::Url;

use super::{
    graphql, rest,
    world::{Token, World},
};

/// An answer before it is sent.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn new(status: u16, body: String) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json; charset=utf-8"),
            ("x-github-media-type", "github.v3; format=json"),
            ("x-github-api-version-selected", "2022-11-28"),
            ("x-github-request-id", "FA4E:1:2:3:4"),
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "4999"),
            ("x-ratelimit-used", "1"),
            ("x-ratelimit-reset", "4102444800"),
            ("x-ratelimit-resource", "core"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Self { status: StatusCode::from_u16(status).unwrap(), headers, body }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }
}

/// Whose token a request has.
pub fn viewer(world: &World, headers: &HeaderMap) -> Option<Token> {
    let value = headers.get("authorization")?.to_str().ok()?;
    let token = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("token "))?;
    world.tokens.get(token).cloned()
}

/// What GitHub says to that.
pub fn answer(
    world: &mut World,
    base: &str,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &Value,
) -> Reply {
    if !headers.contains_key("user-agent") {
        return Reply::new(403, String::from("Request forbidden by administrative rules."));
    }
    let Some(viewer) = viewer(world, headers) else {
        let answered = rest::error(401, "Bad credentials");
        return Reply::new(answered.status, answered.body.to_string());
    };
    if *method == Method::POST && uri.path() == "/graphql" {
        let document = body["query"].as_str().unwrap_or_default();
        let answer = graphql::execute(world, &viewer, document, &body["variables"]);
        return Reply::new(200, answer.to_string()).with("x-ratelimit-resource", "graphql");
    }
    let url = Url::parse(&format!("{base}{uri}")).unwrap();
    if *method != Method::GET {
        let answered = rest::write(world, &viewer, method.as_str(), &url, body);
        return headed(
            &answered,
            if answered.status == 204 { String::new() } else { answered.body.to_string() },
        );
    }
    let answered = rest::get(world, &viewer, &url);
    let body = answered.body.to_string();
    let mut hasher = DefaultHasher::new();
    (&body, &viewer.login).hash(&mut hasher);
    let etag = format!("W/\"{:x}\"", hasher.finish());
    let is_known = headers.get("if-none-match").is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut reply = headed(&answered, body).with("etag", &etag);
    if is_known && answered.status == 200 {
        (reply.status, reply.body) = (StatusCode::NOT_MODIFIED, String::new());
    }
    reply
}

fn headed(answered: &rest::Answered, body: String) -> Reply {
    let reply = Reply::new(answered.status, body);
    answered.headers.iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}
