//! A caller in one of the three transports, which goes to the other gateway when its own is gone.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{KEY, modern_meta};

/// Where the gateways are now.
#[derive(Clone)]
pub struct Bases(Arc<RwLock<Vec<String>>>);

impl Bases {
    pub fn new(bases: Vec<String>) -> Self {
        Self(Arc::new(RwLock::new(bases)))
    }

    pub fn set(&self, number: usize, base: &str) {
        base.clone_into(&mut self.0.write().unwrap()[number]);
    }

    fn get(&self, number: usize) -> String {
        let bases = self.0.read().unwrap();
        bases[number % bases.len()].clone()
    }
}

#[derive(Clone, Copy)]
pub enum Way {
    /// Streamable HTTP, 2026-07-28.
    Modern,
    /// Streamable HTTP with a session, 2025-11-25.
    Session,
    /// `GET /sse` and `POST /sse/messages`.
    Sse,
}

pub struct Connection {
    key: String,
    way: Way,
    bases: Bases,
    at: usize,
    http: Client,
    session: Option<String>,
    stream: Option<Stream>,
}

struct Stream {
    response: reqwest::Response,
    buffer: String,
    endpoint: String,
}

/// Nobody answered.
#[derive(Debug)]
pub struct Gone;

impl From<reqwest::Error> for Gone {
    fn from(_: reqwest::Error) -> Self {
        Self
    }
}

impl Connection {
    pub fn new(way: Way, bases: Bases, at: usize) -> Self {
        let http = Client::builder().tls_certs_only([]).timeout(Duration::from_secs(15)).build().unwrap();
        Self { key: KEY.to_owned(), way, bases, at, http, session: None, stream: None }
    }

    /// The same with another key.
    pub fn with_key(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }

    /// Calls a tool; the inner error is the tool's refusal. After [`Gone`] the next call goes to the other gateway.
    pub async fn tool(&mut self, name: &str, arguments: &Value) -> Result<Result<Value, Value>, Gone> {
        let result = self.call(name, arguments).await;
        if result.is_err() {
            self.at += 1;
            (self.session, self.stream) = (None, None);
        }
        result
    }

    async fn call(&mut self, name: &str, arguments: &Value) -> Result<Result<Value, Value>, Gone> {
        let params = json!({"name": name, "arguments": arguments});
        let answer = match self.way {
            Way::Modern => self.modern(name, params).await?,
            Way::Session => self.in_session(params).await?,
            Way::Sse => self.over_sse(params).await?,
        };
        let result = answer.get("result").ok_or(Gone)?;
        let text = result["content"][0]["text"].as_str().ok_or(Gone)?;
        let said = serde_json::from_str(text).map_err(|_| Gone)?;
        Ok(if result["isError"] == true { Err(said) } else { Ok(said) })
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.bases.get(self.at))).bearer_auth(&self.key)
    }

    async fn modern(&self, name: &str, mut params: Value) -> Result<Value, Gone> {
        params["_meta"] = modern_meta(json!({}));
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let request = self.request(Method::POST, "/mcp").header("MCP-Protocol-Version", "2026-07-28");
        let request = request.header("Mcp-Method", "tools/call").header("Mcp-Name", name);
        last_message(&request.body(body.to_string()).send().await?.text().await?)
    }

    async fn in_session(&mut self, params: Value) -> Result<Value, Gone> {
        if self.session.is_none() {
            let answer = self.request(Method::POST, "/mcp").body(initialize().to_string()).send().await?;
            let id = answer.headers().get("mcp-session-id").ok_or(Gone)?;
            self.session = Some(id.to_str().map_err(|_| Gone)?.to_owned());
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let session = self.session.as_deref().unwrap_or_default();
        let request = self.request(Method::POST, "/mcp").header("Mcp-Session-Id", session);
        last_message(&request.body(body.to_string()).send().await?.text().await?)
    }

    async fn over_sse(&mut self, params: Value) -> Result<Value, Gone> {
        if self.stream.is_none() {
            let response =
                self.request(Method::GET, "/sse").timeout(Duration::from_secs(3600)).send().await?;
            let mut stream = Stream { response, buffer: String::new(), endpoint: String::new() };
            stream.endpoint = stream.next_data().await?;
            let endpoint = stream.endpoint.clone();
            self.request(Method::POST, &endpoint).body(initialize().to_string()).send().await?;
            stream.next_data().await?;
            self.stream = Some(stream);
        }
        let endpoint = self.stream.as_ref().map(|stream| stream.endpoint.clone()).unwrap_or_default();
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let posted = self.request(Method::POST, &endpoint).body(body.to_string()).send().await?;
        if posted.status() != 202 {
            return Err(Gone);
        }
        let stream = self.stream.as_mut().ok_or(Gone)?;
        let message = tokio::time::timeout(Duration::from_secs(15), stream.next_data());
        serde_json::from_str(&message.await.map_err(|_| Gone)??).map_err(|_| Gone)
    }
}

fn initialize() -> Value {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "r", "version": "1"}});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

fn last_message(text: &str) -> Result<Value, Gone> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).rfind(|data| !data.is_empty());
    serde_json::from_str(data.unwrap_or(text)).map_err(|_| Gone)
}

impl Stream {
    /// The data of the next event; comments are passed over.
    async fn next_data(&mut self) -> Result<String, Gone> {
        loop {
            while let Some(end) = self.buffer.find('\n') {
                let line: String = self.buffer.drain(..=end).collect();
                let data = line.strip_prefix("data: ").map(|data| data.trim_end().to_owned());
                if let Some(data) = data {
                    return Ok(data);
                }
            }
            let chunk = self.response.chunk().await?.ok_or(Gone)?;
            self.buffer.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
