//! A GitHub that has one repository with four issues and a project, for what is seen of a board before anything is written: it answers
//! what is read, counts it, and fails as a whole when it is told to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use super::known;

const TOKEN: &str = "ghp_fakeboard0123456789abcdefghij";

pub struct State {
    pub repo: Value,
    pub issues: Vec<Value>,
    pub project: Value,
    broken: Option<u16>,
    heard: Vec<String>,
}

/// The server: a thread for each connection, one request on each.
pub struct IssuesHost {
    url: String,
    state: Arc<Mutex<State>>,
}

impl IssuesHost {
    pub fn start() -> Self {
        known::know(TOKEN);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issues = vec![
            issue(1, json!({})),
            issue(2, json!({"labels": [{"name": "in-progress"}]})),
            issue(3, json!({"author_association": "NONE", "user": {"login": "eve"}})),
            issue(
                4,
                json!({"state": "closed", "state_reason": "completed", "closed_at": "2026-11-02T00:00:00Z"}),
            ),
        ];
        let repo =
            json!({"node_id": "R_1", "full_name": "octo/app", "permissions": {"triage": true, "push": true}});
        let options = ["Todo", "In Progress", "Design", "Backlog", "Done"]
            .map(|name| json!({"id": name, "name": name}));
        let project = json!({"id": "P_1", "title": "Roadmap", "status": {"id": "F_1", "options": options}});
        let state = State { repo, issues, project, broken: None, heard: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&served);
                std::thread::spawn(move || serve(&connection, &state));
            }
        });
        Self { url, state }
    }

    /// What a gateway needs to have this as its board.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("GITHUB_OWNER", "octo"),
            ("GITHUB_REPO", "app"),
            ("GITHUB_API_URL", &self.url),
            ("GITHUB_TOKEN", TOKEN),
        ]
    }

    /// Answers everything with that status.
    pub fn breaks(&self, status: u16) {
        self.change(|state| state.broken = Some(status));
    }

    pub fn mends(&self) {
        self.change(|state| state.broken = None);
    }

    pub fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
    }

    /// Requests so far.
    pub fn heard(&self) -> usize {
        lock(&self.state).heard.len()
    }

    /// Whether nothing came but reads.
    pub fn only_read(&self) -> bool {
        lock(&self.state)
            .heard
            .iter()
            .all(|request| request.starts_with("GET ") || request.contains("query "))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn issue(number: u64, other: Value) -> Value {
    let mut issue = json!({
        "id": 1000 + number, "node_id": format!("I_{number}"), "number": number, "title": format!("Issue {number}"),
        "html_url": format!("https://github.com/octo/app/issues/{number}"), "body": "text", "state": "open", "labels": [],
        "author_association": "OWNER", "user": {"login": "mona"}, "assignees": [],
        "created_at": format!("2026-11-01T00:00:0{number}Z"), "updated_at": "2026-11-02T00:00:00Z",
    });
    let other = other.as_object().unwrap().clone();
    issue.as_object_mut().unwrap().extend(other);
    issue
}

fn serve(connection: &TcpStream, state: &Mutex<State>) {
    let mut lines = BufReader::new(connection);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let length =
        head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).unwrap();
    let target = head[0].split(' ').nth(1).unwrap_or_default();
    let (status, answer) = {
        let mut state = lock(state);
        state.heard.push(format!("{} {}", head[0], String::from_utf8_lossy(&body)));
        match state.broken {
            Some(status) => (status, json!({"message": "as the test wants it"})),
            None if target == "/graphql" => (200, graphql(&state, &serde_json::from_slice(&body).unwrap())),
            None => rest(&state, target),
        }
    };
    let answer = answer.to_string();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    let mut connection = connection;
    let _ = connection.write_all([head.as_bytes(), answer.as_bytes()].concat().as_slice());
}

fn rest(state: &State, target: &str) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_wanted = |issue: &&Value| {
        query.contains("state=all") || query.contains(&format!("state={}", issue["state"].as_str().unwrap()))
    };
    match path.strip_prefix("/repos/octo/app") {
        Some("") => (200, state.repo.clone()),
        Some("/labels") => (200, json!([{"name": "in-progress"}, {"name": "bug"}])),
        Some("/issues") => (200, state.issues.iter().filter(is_wanted).cloned().collect()),
        Some(path) => {
            let number = path.strip_prefix("/issues/").and_then(|number| number.parse::<u64>().ok());
            let found = state.issues.iter().find(|issue| issue["number"].as_u64() == number);
            found.map_or_else(|| (404, json!({"message": "Not Found"})), |issue| (200, issue.clone()))
        }
        None => (404, json!({"message": "Not Found"})),
    }
}

fn graphql(state: &State, body: &Value) -> Value {
    let query = body["query"].as_str().unwrap_or_default();
    let item = |id: &str, kind: &str, is_archived: bool, content: Value| {
        json!({
            "id": id, "type": kind, "isArchived": is_archived, "updatedAt": "2026-11-02T00:00:00Z",
            "status": {"name": "Todo"}, "content": content,
        })
    };
    let issue = |id: &str, repo: &str| json!({"id": id, "repository": {"id": repo}});
    if query.contains("query Project(") {
        return json!({"data": {"repositoryOwner": {"projectV2": state.project}}});
    }
    if query.contains("query ProjectAccess(") {
        return json!({"data": {"node": {"viewerCanUpdate": false}}});
    }
    let nodes = [
        item("i1", "ISSUE", false, issue("I_1", "R_1")),
        item("i2", "ISSUE", true, issue("I_2", "R_1")),
        item("i3", "DRAFT_ISSUE", false, json!({})),
        item("i4", "PULL_REQUEST", false, json!({})),
        item("i5", "REDACTED", false, Value::Null),
        item("i6", "ISSUE", false, issue("I_9", "R_2")),
    ];
    json!({"data": {"node": {"items": {"pageInfo": {"hasNextPage": false}, "nodes": nodes}}}})
}
