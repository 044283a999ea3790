//! Callers of Streamable HTTP: each call goes to any gateway, in a session or without one. Its answer is that of its request.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::{Client, RequestBuilder};
use serde_json::json;

use super::{
    machines::{MACHINES, Places, any},
    tally::{End, Tally, answer, call, initialize},
};
use crate::support::modern_meta;

/// Who hears nothing for so long has lost the call.
pub const BOUND: Duration = Duration::from_secs(15);
/// Calls of one caller at a time.
pub const AT_ONCE: u64 = 4;

/// A client that knows no certificate.
pub fn client() -> Client {
    Client::builder().tls_certs_only([]).build().unwrap()
}

pub struct HttpCaller {
    pub name: String,
    pub key: String,
    pub places: Arc<Places>,
    pub tally: Arc<Tally>,
    pub http: Client,
    pub has_session: bool,
    pub session: Option<String>,
    pub next: u64,
}

impl HttpCaller {
    /// Some calls at once.
    pub async fn round(&mut self) {
        if self.has_session && self.session.is_none() && !self.begin().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return;
        }
        let first = self.next;
        self.next += AT_ONCE;
        join_all((first..self.next).map(|id| self.one(id))).await;
    }

    async fn begin(&mut self) -> bool {
        let request = self.request(any(MACHINES)).body(initialize().to_string());
        let Ok(answer) = request.send().await else { return false };
        let id = answer.headers().get("mcp-session-id").and_then(|id| id.to_str().ok());
        self.session = id.map(str::to_owned);
        self.session.is_some()
    }

    fn request(&self, at: usize) -> RequestBuilder {
        let request = self.http.post(format!("{}/mcp", self.places.base(at))).bearer_auth(&self.key);
        request.timeout(BOUND)
    }

    fn calling(&self, at: usize, id: u64, token: &str) -> RequestBuilder {
        let (mut body, request) = (call(id, token), self.request(at));
        if let Some(session) = &self.session {
            return request.header("Mcp-Session-Id", session).body(body.to_string());
        }
        body["params"]["_meta"] = modern_meta(json!({}));
        let request = request.header("MCP-Protocol-Version", "2026-07-28");
        request.header("Mcp-Method", "tools/call").header("Mcp-Name", "ping").body(body.to_string())
    }

    async fn one(&self, id: u64) {
        let (at, token, began) = (any(MACHINES), format!("{}-{id}", self.name), Instant::now());
        let has_reason = || self.places.had_died(at, began);
        let sent = self.calling(at, id, &token).send().await;
        let heard = match sent {
            Ok(response) => {
                let status = response.status();
                response.text().await.map(|text| (status, text))
            }
            Err(error) => Err(error),
        };
        match heard {
            Err(error) if error.is_timeout() => self.tally.add(End::Lost),
            Err(error) => self.tally.failed(End::Cut, has_reason(), || format!("{token}: {error:?}")),
            Ok((status, text)) if status == 200 => self.check(id, &token, &text),
            Ok((status, text)) => {
                self.tally.failed(End::Refused, has_reason(), || format!("{token}: {status} {text}"));
            }
        }
    }

    fn check(&self, id: u64, token: &str, text: &str) {
        let events =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| !data.is_empty());
        let mut messages: Vec<_> = events.collect();
        if messages.is_empty() {
            messages.push(text);
        }
        match answer(messages[0]) {
            Some((of, told)) if of == id && told == token => self.tally.add(End::Answered),
            Some(_) => self.tally.add(End::Crossed),
            None => self.tally.failed(End::Refused, false, || format!("{token}: {text}")),
        }
        if messages.len() > 1 {
            self.tally.add(End::Doubled);
        }
    }
}
