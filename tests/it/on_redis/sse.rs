//! A client of HTTP+SSE.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::Caller;

/// A stream of HTTP+SSE, and what was read of it.
pub struct Sse {
    response: Response,
    text: String,
    pub endpoint: String,
}

impl Sse {
    pub async fn open(caller: &Caller) -> Self {
        let response = caller.request(Method::GET, "/sse").send().await.unwrap();
        let mut sse = Self { response, text: String::new(), endpoint: String::new() };
        sse.endpoint = sse.data().await;
        sse
    }

    pub async fn data(&mut self) -> String {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return data.to_owned();
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(5), self.response.chunk()).await;
            let chunk = chunk.expect("an event in time").unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Posts by that caller; the status and what it took.
    pub async fn post(
        &self,
        caller: &Caller,
        id: u32,
        method: &str,
        params: Value,
    ) -> (u16, String, Duration) {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let began = Instant::now();
        let answer =
            caller.request(Method::POST, &self.endpoint).body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap(), began.elapsed())
    }
}

pub fn hello(capabilities: Value) -> Value {
    json!({"protocolVersion": "2024-11-05", "capabilities": capabilities, "clientInfo": {"name": "t", "version": "1"}})
}
