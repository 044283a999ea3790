//! The bell: when it rings, how often, for whom, and what ends it.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{
    ADMIN, Browser, Gateway, KEY, admin, create_key, person, revoke_key, send, with_admin, within_two_seconds,
};

/// A stream that is read.
struct BellReader {
    response: Response,
    text: String,
}

impl BellReader {
    /// Opens one that hears what rings from now on.
    async fn open(browser: &Browser) -> Self {
        Self::since(browser, "").await
    }

    async fn since(browser: &Browser, query: &str) -> Self {
        let request = browser.request(Method::GET, &format!("/dashboard/stream{query}"));
        let request = request.header("Accept", "text/event-stream").header("Accept-Encoding", "gzip");
        let mut reader = Self { response: request.send().await.unwrap(), text: String::new() };
        let headers = reader.response.headers().clone();
        assert_eq!(headers["content-type"], "text/event-stream", "{headers:?}");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("content-encoding") && !headers.contains_key("set-cookie"));
        assert_eq!(reader.block().await.as_deref(), Some("retry: 3000"));
        reader
    }

    /// The next part, up to an empty line; nothing once the stream has ended.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block = self.text[..end].to_owned();
                self.text.drain(..end + 2);
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.expect("it says something, or ends").unwrap_or(None)?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// What it rings for next.
    async fn ring(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            if let Some(topics) = block.strip_prefix("event: changed\ndata: ") {
                return Some(topics.to_owned());
            }
            assert_eq!(block, ":");
        }
    }

    /// Whether it rings for that, whatever else it rings for before.
    async fn rings_for(&mut self, topic: &str) -> bool {
        while let Some(topics) = self.ring().await {
            if topics.split(' ').any(|word| word == topic) {
                return true;
            }
        }
        false
    }
}

async fn signed_in(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    browser.sign_in(credential).await;
    browser
}

async fn register(gateway: &Gateway, agent: &str) {
    let arguments = json!({"agent_id": agent, "name": agent, "role": "worker"});
    gateway.caller().tool("register_agent", arguments).await.unwrap();
}

#[tokio::test]
async fn it_rings_at_once_and_then_once_a_second_at_most_whatever_happens() {
    let gateway = with_admin(&[]);
    register(&gateway, "worker").await;
    let browser = signed_in(&gateway, KEY).await;
    let mut bell = BellReader::open(&browser).await;
    let begun = Instant::now();
    let agents = gateway.caller();
    let busy = async {
        loop {
            agents.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
        }
    };
    let listening = async {
        assert!(bell.rings_for("board").await);
        assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
        let first = Instant::now();
        for ring in 1..=3 {
            assert!(bell.ring().await.is_some());
            let least = Duration::from_millis(1_000 * ring - 100);
            assert!(first.elapsed() >= least, "ring {ring} after {:?}", first.elapsed());
        }
    };
    tokio::select! {
        () = busy => {}
        () = listening => {}
    }
}

#[tokio::test]
async fn what_another_process_does_rings_within_two_seconds() {
    let gateway = with_admin(&[]);
    let other = Gateway::on(gateway.folder.clone(), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let browser = signed_in(&gateway, ADMIN).await;
    let mut bell = BellReader::open(&browser).await;
    let folder = gateway.folder.path();
    for (act, topic) in [("a move", "board"), ("an agent", "agents"), ("a key", "keys")] {
        let begun = Instant::now();
        match topic {
            "board" => drop(person(folder, &["move", "T-1", "backlog"])),
            "agents" => register(&other, "elsewhere").await,
            _ => {
                create_key(folder, &["--description", "elsewhere"]);
                revoke_key(folder, "elsewhere");
            }
        }
        let done = Instant::now();
        assert!(bell.rings_for(topic).await, "{act}");
        assert!(
            done.elapsed() < Duration::from_secs(2),
            "{act}: {:?}, {:?}",
            begun.elapsed(),
            done.elapsed()
        );
    }
}

#[tokio::test]
async fn what_changed_between_a_page_and_its_stream_is_told_at_once() {
    let gateway = with_admin(&[]);
    let browser = signed_in(&gateway, KEY).await;
    register(&gateway, "worker").await;
    let mut bell = BellReader::since(&browser, "?since=0").await;
    let told = bell.ring().await.unwrap();
    assert!(["board", "agents", "health"].iter().all(|word| told.contains(word)), "{told}");
    for odd in ["?since=", "?since=soon", "?since=-9223372036854775808", "?since=9223372036854775807"] {
        BellReader::since(&browser, odd).await;
    }
}

#[tokio::test]
async fn it_ends_with_its_session_wherever_that_is_ended() {
    let gateway = with_admin(&[]);
    let other = Gateway::on(gateway.folder.clone(), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let folder = gateway.folder.path();
    let key = create_key(folder, &["--user", "ana", "--description", "laptop"]);
    let narrowed = create_key(folder, &["--user", "ben", "--description", "desk"]);
    let (mut leaving, revoked) = (signed_in(&gateway, ADMIN).await, signed_in(&gateway, &key).await);
    let narrow = signed_in(&gateway, &narrowed).await;
    let cookie = leaving.cookies.values().next().unwrap().clone();
    let mut elsewhere = Browser::new(&other);
    let name = format!("taskgate-{}", other.base.rsplit(':').next().unwrap());
    elsewhere.cookies.insert(name, cookie);
    let mut bells = Vec::new();
    for (what, browser) in [
        ("signed out here", &leaving),
        ("signed out elsewhere", &elsewhere),
        ("revoked", &revoked),
        ("narrowed", &narrow),
    ] {
        bells.push((what, BellReader::open(browser).await));
    }
    assert_eq!(sessions(&gateway).await.len(), 3, "of this process");
    let begun = Instant::now();
    assert_eq!(leaving.submit("/dashboard/sign-out", &[]).await.status, 303);
    revoke_key(folder, "laptop");
    let listed = send(admin(&gateway).request(Method::GET, "/admin/tokens")).await.json();
    let keys = listed["tokens"].as_array().unwrap();
    let id = keys.iter().find(|key| key["description"] == "desk").unwrap()["id"].as_str().unwrap().to_owned();
    let change = admin(&gateway).request(Method::PATCH, &format!("/admin/tokens/{id}"));
    assert_eq!(send(change.body(json!({"scopes": ["pr:read"]}).to_string())).await.status, 200);
    for (what, mut bell) in bells {
        assert!(bell.rings_for("session").await, "{what}: it says that the session is over");
        assert_eq!(bell.block().await, None, "{what}: and ends");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

async fn sessions(gateway: &Gateway) -> Vec<serde_json::Value> {
    let listed = send(admin(gateway).request(Method::GET, "/sessions")).await.json();
    listed["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn it_counts_among_the_streams_of_its_key_is_listed_and_can_be_ended() {
    let gateway = with_admin(&[("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "1")]);
    let browser = signed_in(&gateway, KEY).await;
    let mut bell = BellReader::open(&browser).await;
    let mut second = browser.clone();
    let refused = second.open("/dashboard/stream").await;
    assert!(refused.status.is_client_error() || refused.status.is_server_error(), "{refused:?}");
    assert_eq!(refused.headers["content-type"], "text/html; charset=utf-8");
    assert!(refused.text.contains("too many open streams"), "{refused:?}");
    let listed = sessions(&gateway).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0]["transport"], &listed[0]["era"]), (&json!("dashboard"), &json!(null)));
    assert!(listed[0]["user_id"].as_str().unwrap().starts_with("static-"), "{listed:?}");
    let path = format!("/sessions/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(send(gateway.caller().request(Method::DELETE, &path)).await.status, 200);
    while bell.block().await.is_some() {}
    within_two_seconds("its place is free", async || sessions(&gateway).await.is_empty()).await;
    BellReader::open(&browser).await;
}

#[tokio::test]
async fn streams_that_nobody_reads_cost_no_more_however_often_it_rings() {
    let gateway = with_admin(&[]);
    register(&gateway, "worker").await;
    let browser = signed_in(&gateway, KEY).await;
    let (name, value) = browser.cookies.iter().next().unwrap();
    let head = format!(
        "GET /dashboard/stream?since=0 HTTP/1.1\r\nHost: {}\r\nCookie: {name}={value}\r\n\r\n",
        gateway.address
    );
    let before = gateway.memory_kib();
    let mut silent = Vec::new();
    for _ in 0..200 {
        let mut socket = TcpStream::connect(&gateway.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        silent.push(socket);
    }
    within_two_seconds("they are open", async || sessions(&gateway).await.len() == 200).await;
    let opened = gateway.memory_kib();
    assert!(opened - before < 200 * 100, "{} KiB for 200 streams", opened - before);
    let caller = gateway.caller();
    let mut bell = BellReader::open(&browser).await;
    for _ in 0..4 {
        for _ in 0..100 {
            caller.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
        }
        assert!(bell.rings_for("board").await);
    }
    let rung = gateway.memory_kib();
    assert!(rung < opened + 8 * 1024, "{} KiB more", rung - opened);
    drop(silent);
    within_two_seconds("they are gone", async || sessions(&gateway).await.len() == 1).await;
}
