//! Legacy sessions: sealed, bound, surviving a restart, leaving nothing behind.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Gateway, first_event, rows};

#[tokio::test]
async fn a_session_survives_a_restart_and_a_deleted_one_stays_deleted() {
    let gateway = Gateway::start();
    let (mut kept, mut deleted) = (gateway.caller(), gateway.caller());
    kept.initialize("2025-06-18", json!({})).await;
    deleted.initialize("2025-06-18", json!({})).await;
    assert_eq!(deleted.end_session().await, 204);
    assert_eq!(deleted.legacy("ping", json!({})).await.status, 404);
    let folder = Arc::clone(&gateway.folder);
    drop(gateway);
    let restarted = Gateway::on(folder, &[]);
    (kept.base, deleted.base) = (restarted.base.clone(), restarted.base.clone());
    assert_eq!(kept.legacy("ping", json!({})).await.json()["result"], json!({}));
    assert_eq!(deleted.legacy("ping", json!({})).await.status, 404);
    assert_eq!(deleted.end_session().await, 404);
    kept.session = Some(String::from("made-up"));
    assert_eq!(kept.legacy("ping", json!({})).await.status, 404);
    kept.session = None;
    assert_eq!(kept.legacy("ping", json!({})).await.json()["code"], "session_required");
}

#[tokio::test]
async fn versions_are_negotiated_and_batches_exist_in_one_only() {
    let gateway = Gateway::start();
    let mut caller = gateway.caller();
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ping"}},
        {"jsonrpc": "2.0", "id": 3, "method": "nope"},
    ]);
    for (asked, got, takes_batches) in [
        ("2025-11-25", "2025-11-25", false),
        ("2025-06-18", "2025-06-18", false),
        ("2025-03-26", "2025-03-26", true),
        ("2024-11-05", "2024-11-05", false),
        ("2026-07-28", "2025-11-25", false),
        ("1999-01-01", "2025-11-25", false),
    ] {
        assert_eq!(caller.initialize(asked, json!({})).await["protocolVersion"], got);
        let answer = caller.post(batch.to_string()).await;
        if takes_batches {
            let ids: Vec<_> =
                answer.json().as_array().unwrap().iter().map(|answer| answer["id"].clone()).collect();
            assert_eq!(ids, [1, 2, 3]);
        } else {
            assert_eq!(
                (answer.status.as_u16(), answer.json()["error"]["code"].clone()),
                (400, json!(-32600)),
                "{asked}"
            );
        }
    }
    let request = caller.in_session(Method::POST);
    let unknown =
        request.header("MCP-Protocol-Version", "1999-01-01").body(batch[0].to_string()).send().await.unwrap();
    assert_eq!(unknown.status(), 400);
}

#[tokio::test]
async fn missed_news_are_read_again_with_last_event_id_by_their_own_session_alone() {
    let gateway = Gateway::start();
    let (mut caller, mut stranger) = (gateway.caller(), gateway.caller());
    caller.initialize("2025-11-25", json!({})).await;
    stranger.initialize("2025-11-25", json!({})).await;
    let get = |caller: &crate::support::Caller, last: Option<String>| {
        let request = caller.in_session(Method::GET);
        match last {
            Some(last) => request.header("Last-Event-ID", last),
            None => request,
        }
        .send()
    };
    let mut stream = get(&caller, None).await.unwrap();
    let (_, id) = first_event(&mut stream).await;
    caller.legacy("resources/subscribe", json!({"uri": "taskgate://board"})).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(200)).await;
    caller.tool("create_task", json!({"title": "missed"})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let heard = async |caller: &crate::support::Caller| {
        let mut stream = get(caller, Some(id.clone())).await.unwrap();
        assert_eq!(stream.status(), 200);
        let mut text = String::new();
        let read = async {
            while let Some(chunk) = stream.chunk().await.unwrap() {
                text.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(700), read).await;
        text
    };
    assert!(!heard(&stranger).await.contains("resources/updated"), "another session's stream");
    assert!(heard(&caller).await.contains("resources/updated"));
}

#[tokio::test]
async fn abandoned_initializes_and_junk_leave_nothing_behind() {
    let gateway = Gateway::with(&[("RUST_LOG", "warn,taskgate::cli=info")]);
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).to_string();
    let flood = async |count: usize| {
        for _ in 0..count / 20 {
            let posts = (0..20).map(|n| {
                let body = if n % 5 == 0 { String::from("{junk") } else { initialize.clone() };
                let request = caller.request(Method::POST, "/mcp").body(body);
                async { Answer::of(request.send().await.unwrap()).await }
            });
            futures_util::future::join_all(posts).await;
        }
    };
    flood(1_000).await;
    let (before, memory) = (rows(&gateway.database()), gateway.memory_kib());
    flood(4_000).await;
    assert_eq!(rows(&gateway.database()), before);
    let grown = gateway.memory_kib().saturating_sub(memory);
    assert!(grown < 4_096, "memory grew by {grown} KiB over 4,000 calls");
    let _: Value = caller.legacy("ping", json!({})).await.json();
}

fn kept(gateway: &Gateway, column: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(gateway.database()).unwrap();
    let mut statement = database.prepare(&format!("SELECT {column} FROM sessions")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn subscriptions_made_at_once_at_two_processes_are_all_kept() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let here = Gateway::on(Arc::clone(&folder), &[("TASKGATE_SAMPLE_BOARD", "false")]);
    let there = Gateway::on(folder, &[("TASKGATE_SAMPLE_BOARD", "false")]);
    let mut caller = here.caller();
    caller.initialize("2025-11-25", json!({})).await;
    let elsewhere = crate::support::Caller { base: there.base.clone(), ..caller.clone() };
    let mut uris = Vec::new();
    for _ in 0..40 {
        let made = caller.tool("create_task", json!({"title": "t"})).await.unwrap();
        uris.push(format!("taskgate://task/{}", made["task"]["id"].as_str().unwrap()));
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    // Each under an id of its own, as requests of one session must be.
    let ask = async |number: usize, method: &str, params: Value| {
        let caller = if number.is_multiple_of(2) { &caller } else { &elsewhere };
        let body = json!({"jsonrpc": "2.0", "id": number, "method": method, "params": params});
        caller.post(body.to_string()).await.json()["result"].clone()
    };
    let watches =
        uris.iter().enumerate().map(|(number, uri)| ask(number, "resources/subscribe", json!({"uri": uri})));
    let (level, answers) = tokio::join!(
        ask(100, "logging/setLevel", json!({"level": "error"})),
        futures_util::future::join_all(watches)
    );
    assert_eq!(level, json!({}));
    assert!(answers.iter().all(|answer| *answer == json!({})), "{answers:?}");
    let stored: Vec<String> = serde_json::from_str(&kept(&here, "subscriptions")[0]).unwrap();
    assert_eq!(stored.len(), 40);
    assert_eq!(kept(&here, "log_level"), ["error"]);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    for (number, uri) in uris.iter().enumerate() {
        let caller = if number.is_multiple_of(2) { &elsewhere } else { &caller };
        caller.legacy("resources/unsubscribe", json!({"uri": uri})).await;
    }
    assert_eq!(kept(&here, "subscriptions"), ["[]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_sessions_leave_little_behind_and_never_open_again() {
    let settings = [("RUST_LOG", "warn,taskgate::cli=info")];
    let gateway = Gateway::with(&settings);
    let other = Gateway::on(Arc::clone(&gateway.folder), &settings);
    let mut first = gateway.caller();
    first.initialize("2025-11-25", json!({})).await;
    assert_eq!(first.end_session().await, 204);
    let mut strangers = gateway.caller_with(crate::support::OTHER_KEY);
    strangers.initialize("2025-11-25", json!({})).await;
    let mut deleted = Vec::new();
    for _ in 0..64 {
        let pairs = (0..16).map(|_| async {
            let mut caller = gateway.caller();
            caller.initialize("2025-11-25", json!({})).await;
            assert_eq!(caller.end_session().await, 204);
            caller
        });
        deleted.extend(futures_util::future::join_all(pairs).await);
    }
    let mut fresh = gateway.caller();
    fresh.initialize("2025-11-25", json!({})).await;
    // Those made in the millisecond where the mark stands go together; 16 at most are made at once.
    let rows = kept(&gateway, "digest").len();
    assert!((984..=1000).contains(&rows), "{rows} rows");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let restarted = Gateway::on(Arc::clone(&gateway.folder), &settings);
    for base in [&gateway.base, &other.base, &restarted.base] {
        let at =
            |caller: &crate::support::Caller| crate::support::Caller { base: base.clone(), ..caller.clone() };
        for caller in [&first, &deleted[0], &deleted[500], &deleted[1023]] {
            assert_eq!(at(caller).legacy("ping", json!({})).await.status, 404, "{base}");
        }
        for caller in [&strangers, &fresh] {
            assert_eq!(at(caller).legacy("ping", json!({})).await.status, 200, "{base}");
        }
    }
}
