//! A gateway that stands still while the others go on: nobody waits for it, and what it decides when it goes on is not from then.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    gateway, gateway_with,
    server::RedisServer,
    sse::{Sse, hello},
};
use crate::support::{ADMIN, Answer, Caller};

/// How long it stands still; leases end meanwhile.
const STILL: Duration = Duration::from_millis(6_500);
const LEASE_SECONDS: &str = "4";

async fn listed(admin: &Caller) -> (Value, Duration) {
    let begun = Instant::now();
    let answer = admin.request(Method::GET, "/sessions").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    (answer.json().await.unwrap(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_is_partial_while_a_gateway_does_not_say() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (gateway(&redis.url()), gateway(&redis.url()));
    let (_stream, _near) = (Sse::open(&one.caller()).await, Sse::open(&other.caller()).await);
    let admin = other.caller_with(ADMIN);
    let whole = async |admin: &Caller| {
        let begun = Instant::now();
        loop {
            let (all, _) = listed(admin).await;
            if all["sessions"].as_array().unwrap().len() == 2 && all["partial"] == Value::Null {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "{all}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    whole(&admin).await;
    one.stop();
    let (all, took) = listed(&admin).await;
    assert_eq!(
        (all["partial"].clone(), all["sessions"].as_array().unwrap().len()),
        (json!(true), 1),
        "{all}"
    );
    assert!(took > Duration::from_millis(290) && took < Duration::from_secs(1), "{took:?}");
    one.go_on();
    whole(&admin).await;
    whole(&one.caller_with(ADMIN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_for_a_stream_of_a_gateway_that_stands_still_is_refused_and_not_taken_later() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (gateway(&redis.url()), gateway(&redis.url()));
    let (here, there) = (one.caller(), other.caller());
    let mut stream = Sse::open(&here).await;
    assert_eq!(stream.post(&there, 1, "initialize", hello(json!({}))).await.0, 202);
    stream.data().await;
    one.stop();
    let still = Instant::now();
    let create =
        |number: u32| json!({"name": "create_task", "arguments": {"title": format!("late {number}")}});
    let mut number = 2;
    // At first it lives, as far as anybody knows, and then it does not.
    while still.elapsed() < Duration::from_secs(5) {
        let (status, told, took) = stream.post(&there, number, "tools/call", create(number)).await;
        assert!(status == 503 && told.contains("owner_unreachable"), "{status} {told}");
        assert!(took < Duration::from_millis(1_200), "{took:?}");
        number += 1;
    }
    one.go_on();
    let begun = Instant::now();
    while stream.post(&there, number, "ping", json!({})).await.0 != 202 {
        assert!(begun.elapsed() < Duration::from_secs(2), "it is heard again");
    }
    let answer: Value = serde_json::from_str(&stream.data().await).unwrap();
    assert_eq!(answer["id"], number, "what was refused is not answered: {answer}");
    let board = there.tool("list_tasks", json!({})).await.unwrap();
    assert!(!board.to_string().contains("late"), "nor done: {board}");
}

/// The longest that anything took at a gateway while that time went by.
async fn busy(caller: &Caller, until: Instant) -> Duration {
    let mut longest = Duration::ZERO;
    let mut number = 0;
    while Instant::now() < until {
        let begun = Instant::now();
        caller.tool("ping", json!({"echo": "x"})).await.unwrap();
        caller.tool("get_project_status", json!({})).await.unwrap();
        let agent = format!("agent-{}", number % 3);
        caller.agent(&agent).await;
        let next = caller.tool("request_next_task", json!({"agent_id": agent})).await.unwrap();
        if next["success"] == true {
            let task = &next["task"]["id"];
            let release = json!({"agent_id": agent, "task_id": task, "message": "no"});
            caller.tool("release_task", release).await.unwrap();
        }
        longest = longest.max(begun.elapsed());
        number += 1;
    }
    assert!(number > 10, "{number}");
    longest
}

/// Calls a tool of a gateway that stands still.
fn queued(caller: &Caller, tool: &str, arguments: Value) -> JoinSet<Value> {
    let request = caller.modern_request("tools/call", json!({"name": tool, "arguments": arguments}));
    JoinSet::from_iter([async { Answer::of(request.send().await.unwrap()).await.json()["result"].clone() }])
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_gateway_that_stands_still_and_its_old_picture_decides_nothing() {
    let redis = RedisServer::start(&[]);
    let lease = [("TASKGATE_LEASE_SECONDS", LEASE_SECONDS)];
    let (one, other) = (gateway_with(&redis.url(), &lease), gateway_with(&redis.url(), &lease));
    let (here, mut there) = (one.caller(), other.caller());
    there.initialize("2025-11-25", json!({})).await;
    for agent in ["ana", "bob", "carl"] {
        there.agent(agent).await;
    }
    let task = there.tool("create_task", json!({"title": "the one"})).await.unwrap()["task"]["id"].clone();
    let granted = here.tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap();
    assert_eq!(granted["task"]["id"], task, "{granted}");
    let generation = granted["task"]["claim"]["generation"].clone();
    one.stop();
    let still = Instant::now();
    // Without a task of its own there is nothing for `busy` to take but this one, whose lease ends meanwhile.
    let bob = queued(&there, "request_next_task", json!({"agent_id": "bob", "wait_seconds": 20}));
    let done = json!({"agent_id": "ana", "task_id": task, "status": "completed", "message": "done", "claim_generation": generation});
    let late = queued(&here, "report_task_progress", done);
    let carl = queued(&here, "request_next_task", json!({"agent_id": "carl"}));
    let longest = busy(&there, still + Duration::from_secs(3)).await;
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    let begun = Instant::now();
    let mut stream = there.in_session(Method::GET).send().await.unwrap();
    stream.chunk().await.unwrap();
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}});
    assert_eq!(there.post(cancel.to_string()).await.status, 202);
    assert_eq!(there.end_session().await, 204);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let bob = bob.join_all().await.remove(0);
    assert_eq!(bob["structuredContent"]["task"]["id"], task, "{bob}");
    assert!(still.elapsed() < STILL, "its lease ends though its gateway stands still: {:?}", still.elapsed());
    tokio::time::sleep_until((still + STILL).into()).await;
    one.go_on();
    let late = late.join_all().await.remove(0);
    assert_eq!(late["isError"], true, "{late}");
    assert!(late.to_string().contains("not_task_holder"), "{late}");
    let carl = carl.join_all().await.remove(0);
    assert_eq!(carl["structuredContent"]["success"], false, "{carl}");
    for caller in [&here, &there] {
        let of = caller.tool("get_task", json!({"task_id": task})).await.unwrap();
        assert!(of.to_string().contains("bob") && of["task"]["status"] != "completed", "{of}");
    }
}
