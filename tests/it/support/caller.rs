//! Callers of a gateway.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::known;

/// A client that knows no certificate: reading the machine's takes 30 ms.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

/// A caller with a key and, after [`Caller::initialize`], a session.
#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub base: String,
    pub key: String,
    pub session: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        if text.contains("\"mcp_key\":\"") {
            known::know_shown(&text);
        } else {
            known::assert_none_in("an answer", format!("{headers:?}\n{text}").as_bytes());
        }
        Self { status, headers, text }
    }

    /// The body, or the last message of an event stream.
    pub fn json(&self) -> Value {
        let data =
            self.text.lines().filter_map(|line| line.strip_prefix("data: ")).rfind(|data| !data.is_empty());
        serde_json::from_str(data.unwrap_or(&self.text)).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The first event of a stream, and its id.
pub async fn first_event(stream: &mut Response) -> (String, String) {
    let text = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    (text, id)
}

impl Caller {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
            .timeout(Duration::from_secs(20))
    }

    /// A request to `/mcp` in the session, if there is one.
    pub fn in_session(&self, method: Method) -> RequestBuilder {
        let request = self.request(method, "/mcp");
        match &self.session {
            Some(session) => request.header("Mcp-Session-Id", session),
            None => request,
        }
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.in_session(Method::POST).body(body).send().await.unwrap()).await
    }

    /// Opens a legacy session.
    pub async fn initialize(&mut self, version: &str, capabilities: Value) -> Value {
        let params = json!({"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "t", "version": "1"}});
        self.session = None;
        let answer = self
            .post(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).to_string())
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.session = Some(answer.headers["mcp-session-id"].to_str().unwrap().to_owned());
        answer.json()["result"].clone()
    }

    /// A legacy request in the session.
    pub async fn legacy(&self, method: &str, params: Value) -> Answer {
        self.post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()).await
    }

    /// Ends the session.
    pub async fn end_session(&self) -> StatusCode {
        self.in_session(Method::DELETE).send().await.unwrap().status()
    }

    /// A 2026-07-28 request.
    pub async fn modern(&self, method: &str, params: Value) -> Answer {
        Answer::of(self.modern_request(method, params).send().await.unwrap()).await
    }

    pub fn modern_request(&self, method: &str, mut params: Value) -> RequestBuilder {
        params["_meta"] = modern_meta(json!({}));
        let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = self
            .request(Method::POST, "/mcp")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", method)
            .body(body.to_string());
        match name {
            Some(name) => request.header("Mcp-Name", name),
            None => request,
        }
    }

    /// Calls a tool statelessly; the structured answer, or the tool's failure.
    pub async fn tool(&self, name: &str, arguments: Value) -> Result<Value, Value> {
        let answer = self.modern("tools/call", json!({"name": name, "arguments": arguments})).await;
        let result = answer.json()["result"].clone();
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
        let mirrored: Value = serde_json::from_str(text).unwrap();
        if result["isError"] == true {
            return Err(mirrored);
        }
        assert_eq!(result["structuredContent"], mirrored);
        Ok(mirrored)
    }

    /// Registers an agent.
    pub async fn agent(&self, id: &str) {
        let arguments = json!({"agent_id": id, "name": id, "role": "Tester", "skills": ["api"]});
        self.tool("register_agent", arguments).await.unwrap();
    }
}

pub fn modern_meta(capabilities: Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}
