//! The transcript of `docs/agents.md` is what the gateway says: it is made by running it, and compared.
//!
//! `WRITE_DOCS=1 cargo nextest run --test it -E 'test(transcript)'` writes it anew.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, hold_transcript};

struct Scribe {
    caller: Caller,
    text: String,
    keys: BTreeMap<String, String>,
}

impl Scribe {
    /// Calls a tool and writes both down; of the answer, the members named.
    async fn call(&mut self, agent: &str, tool: &str, arguments: Value, members: &[&str]) -> Value {
        let _ = writeln!(self.text, "{agent} -> {tool} {arguments}");
        let answer = match self.caller.tool(tool, arguments).await {
            Ok(answer) | Err(answer) => answer,
        };
        let shown = if answer["task"].is_object() { &answer["task"] } else { &answer };
        if let (Some(id), Some(key)) = (shown["id"].as_str(), shown["key"].as_str()) {
            self.keys.insert(id.to_owned(), key.to_owned());
        }
        for member in members.iter().filter(|member| !shown[**member].is_null()) {
            let value = match &shown[*member] {
                Value::String(text) => text.replace('\n', "\n                "),
                other => other.to_string(),
            };
            let _ = writeln!(self.text, "    {member}: {value}");
        }
        answer
    }
}

const GRANT: [&str; 8] = ["key", "name", "why", "instructions", "success", "reason", "message", "notices"];

async fn transcript() -> String {
    let gateway = Gateway::start();
    let mut scribe = Scribe { caller: gateway.caller(), text: String::new(), keys: BTreeMap::new() };
    let agents = [
        ("ana", "Backend Developer", json!(["postgres", "REST"])),
        ("ben", "Frontend Developer", json!(["a11y"])),
        ("cyn", "Test Engineer", json!(["QA", "docs"])),
    ];
    for (agent, role, skills) in &agents {
        let profile = json!({"agent_id": agent, "name": agent, "role": role, "skills": skills});
        scribe.call(agent, "register_agent", profile, &["message"]).await;
    }
    loop {
        let mut granted = Vec::new();
        for (agent, ..) in &agents {
            let answer = scribe.call(agent, "request_next_task", json!({"agent_id": agent}), &GRANT).await;
            if answer["success"] == true {
                granted.push((*agent, answer["task"].clone()));
            } else if answer["reason"] == "project_complete" {
                scribe.call(agent, "get_project_status", json!({}), &["project", "workers"]).await;
                return tidy(&scribe.text, &scribe.keys);
            }
        }
        for (agent, task) in granted {
            let key = task["key"].as_str().unwrap();
            let report = json!({"agent_id": agent, "task_id": key, "status": "completed",
                "message": format!("{key} is in the branch {agent}/{}", key.to_lowercase())});
            scribe.call(agent, "report_task_progress", report, &["message"]).await;
        }
    }
}

/// Without what differs from run to run.
fn tidy(text: &str, keys: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (id, key) in keys {
        text = text.replace(id, &format!("<id of {key}>"));
    }
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.split_once(", which ends at ") {
            Some((before, _)) => format!("{before}, which ends at ..."),
            None => line.to_owned(),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn the_transcript_is_what_the_gateway_says() {
    let made = transcript().await;
    hold_transcript("docs/agents.md", "tests/it/coordination/documented_transcript.rs", &made);
}
