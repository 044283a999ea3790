//! Many users at once, with the same JSON-RPC ids, in every transport and era: every answer is its own caller's.
//!
//! `CROSSING_CALLS` sets how many calls are made in all; `docs/keys.md` has the long form.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    race::client::{Bases, Connection, Way},
    support::{self, ADMIN, Gateway},
};

const USERS: usize = 64;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn calls() -> usize {
    std::env::var("CROSSING_CALLS").map_or(6_000, |text| text.parse().unwrap())
}

/// A user's key by the admin API.
async fn key(gateway: &Gateway, user: &str) -> String {
    let request = gateway.caller_with(ADMIN).request(Method::POST, "/admin/tokens");
    let answer = request.body(json!({"user_id": user}).to_string()).send().await.unwrap();
    let made: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let key = made["mcp_key"].as_str().unwrap().to_owned();
    support::known::know(&key);
    key
}

/// One user in one transport: everything it hears must be about itself.
async fn user(name: String, mut line: Connection, left: Arc<AtomicUsize>) -> usize {
    let agent = format!("agent-{name}");
    let registered = json!({"agent_id": agent, "name": name, "role": name, "skills": [name]});
    line.tool("register_agent", &registered).await.unwrap().unwrap();
    let mut checked = 1;
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(5)).is_ok() {
        let mark = format!("{name}-{checked}");
        let pong = line.tool("ping", &json!({"echo": mark})).await.unwrap().unwrap();
        assert_eq!(pong["echo"], mark);
        let status = line.tool("get_agent_status", &json!({"agent_id": agent})).await.unwrap().unwrap();
        assert_eq!(status["agent"]["name"], name);
        let next = line.tool("request_next_task", &json!({"agent_id": agent})).await.unwrap().unwrap();
        if next["success"] == true {
            let release = json!({"agent_id": agent, "task_id": next["task"]["id"], "message": mark});
            line.tool("release_task", &release).await.unwrap().expect("what one was given is one's own");
        }
        let me = line.request(Method::GET, "/api/me").send().await.unwrap().text().await.unwrap();
        let me: Value = serde_json::from_str(&me).unwrap();
        assert_eq!(me["user_id"], name, "{me}");
        checked += 5;
    }
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_reaches_another_user() {
    let begun = Instant::now();
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN), ("RUST_LOG", "warn,taskgate::cli=info")]);
    let bases = Bases::new(vec![gateway.base.clone(), gateway.base.clone()]);
    let left = Arc::new(AtomicUsize::new(calls()));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..USERS {
        let name = format!("user-{number}");
        let key = key(&gateway, &name).await;
        let way = [Way::Modern, Way::Session, Way::Sse][number % 3];
        let line = Connection::new(way, bases.clone(), 0).with_key(&key);
        running.spawn(user(name, line, Arc::clone(&left)));
    }
    let checked: usize = running.join_all().await.into_iter().sum();
    assert!(checked >= calls(), "{checked}");
    println!("{USERS} users, {:.0} s: {checked} answers, 0 crossings", begun.elapsed().as_secs_f64());
}
