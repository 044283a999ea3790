//! A tool asks its caller at one gateway, and the answer is posted to another.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{
    fixtures::Fixtures,
    server::RedisServer,
    sse::{Sse, hello},
};
use crate::support::{Answer, Caller, KEY, OTHER_KEY};

/// A call that asks, and what was heard of it.
struct Asked {
    response: Response,
    text: String,
    /// What the answer has to be for.
    id: String,
}

impl Asked {
    async fn by(caller: &Caller, tool: &str, arguments: Value) -> Self {
        let params = json!({"name": tool, "arguments": arguments});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let response = caller.in_session(Method::POST).body(body.to_string()).send().await.unwrap();
        let mut asked = Self { response, text: String::new(), id: String::new() };
        while !asked.text.contains("\"method\":") {
            let chunk = asked.response.chunk().await.unwrap().expect("a question");
            asked.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        asked.id = question_id(&asked.text);
        asked
    }

    /// What is said after the question.
    async fn ends(self) -> String {
        tokio::time::timeout(Duration::from_secs(5), self.response.text()).await.expect("it ends").unwrap()
    }
}

fn question_id(text: &str) -> String {
    let id = text.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap();
    let instance = id.strip_prefix("ask-").unwrap().split('-').next().unwrap();
    assert!(instance.len() == 8 && instance.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    id.to_owned()
}

fn accepts(id: &str, name: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"username": name}}})
        .to_string()
}

/// Two gateways and a session of 2025-11-25, as it is at both.
async fn two(redis: &RedisServer) -> (Fixtures, Fixtures, Caller, Caller) {
    let (one, other) = (Fixtures::on(&redis.url()), Fixtures::on(&redis.url()));
    let mut here = one.caller_with(KEY);
    here.initialize("2025-11-25", json!({"elicitation": {}})).await;
    let there = at(&other, &here);
    (one, other, here, there)
}

/// The same caller at that gateway.
fn at(gateway: &Fixtures, caller: &Caller) -> Caller {
    Caller { base: gateway.caller_with(KEY).base, ..caller.clone() }
}

async fn posted(caller: &Caller, body: String) -> (u16, Answer, Duration) {
    let begun = Instant::now();
    let answer = caller.post(body).await;
    (answer.status.as_u16(), answer, begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_question_reaches_its_call_by_way_of_any_gateway() {
    let redis = RedisServer::start(&[]);
    let (_one, other, here, there) = two(&redis).await;
    let mallory = Caller { key: OTHER_KEY.to_owned(), ..there.clone() };
    let mut second = there.clone();
    second.initialize("2025-11-25", json!({"elicitation": {}})).await;
    let asked = Asked::by(&here, "test_elicitation", json!({"message": "who?"})).await;
    let id = asked.id.clone();
    let (status, refused, _) = posted(&mallory, accepts(&id, "mallory")).await;
    assert_eq!(status, 404, "another user has no such session: {refused:?}");
    let mut own = other.caller_with(OTHER_KEY);
    own.initialize("2025-11-25", json!({"elicitation": {}})).await;
    for stranger in [&own, &second] {
        assert_eq!(posted(stranger, accepts(&id, "another session")).await.0, 202, "as to one's own gateway");
    }
    assert_eq!(posted(&there, accepts(&id, "alice")).await.0, 202);
    let said = asked.ends().await;
    assert!(said.contains("alice") && !said.contains("another session"), "{said}");
    for again in [&here, &there] {
        assert_eq!(posted(again, accepts(&id, "again")).await.0, 202, "nobody waits for it any more");
    }
    let refused = Asked::by(&here, "test_elicitation", json!({"message": "who?"})).await;
    let error = json!({"jsonrpc": "2.0", "id": refused.id, "error": {"code": -1, "message": "not now"}});
    assert_eq!(posted(&there, error.to_string()).await.0, 202);
    let said = refused.ends().await;
    assert!(said.contains("not now") && said.contains("client_cannot_answer"), "{said}");
    let both = Asked::by(&here, "test_elicitation", json!({"message": "who?"})).await;
    let (first, second) =
        tokio::join!(posted(&there, accepts(&both.id, "one")), posted(&here, accepts(&both.id, "two")));
    assert_eq!((first.0, second.0), (202, 202));
    let said = both.ends().await;
    assert!(said.contains("one") != said.contains("two"), "one of them counts: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_a_batch_reaches_its_call_at_another_gateway() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (Fixtures::on(&redis.url()), Fixtures::on(&redis.url()));
    let mut here = one.caller_with(KEY);
    here.initialize("2025-03-26", json!({"sampling": {}})).await;
    let there = at(&other, &here);
    let asked = Asked::by(&here, "test_sampling", json!({"prompt": "say hi"})).await;
    let result = json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "hi there"}});
    let answer = json!({"jsonrpc": "2.0", "id": asked.id, "result": result});
    let ping = json!({"jsonrpc": "2.0", "id": 7, "method": "ping"});
    let (status, answered, _) = posted(&there, json!([answer, ping]).to_string()).await;
    assert_eq!((status, answered.json()[0]["id"].clone()), (200, json!(7)), "{answered:?}");
    let said = asked.ends().await;
    assert!(said.contains("hi there"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_gateway_that_is_gone_is_refused_at_once() {
    let redis = RedisServer::start(&[]);
    let (one, _other, here, there) = two(&redis).await;
    let asked = Asked::by(&here, "test_elicitation", json!({"message": "who?"})).await;
    let nobody = accepts(&format!("ask-{}-{}", "0".repeat(8), "1".repeat(32)), "alice");
    let (status, answer, took) = posted(&there, nobody).await;
    assert_eq!((status, answer.json()["code"].clone()), (503, json!("owner_unreachable")), "{answer:?}");
    assert!(took < Duration::from_millis(300), "{took:?}");
    drop(one);
    let (status, answer, took) = posted(&there, accepts(&asked.id, "alice")).await;
    assert_eq!((status, answer.json()["code"].clone()), (503, json!("owner_unreachable")), "{answer:?}");
    assert!(took < Duration::from_millis(1_200), "{took:?}");
    let ended = tokio::time::timeout(Duration::from_secs(1), asked.response.text()).await;
    assert!(ended.expect("the call ends with its gateway").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_of_a_client_of_sse_reaches_its_call_by_way_of_any_gateway() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (Fixtures::on(&redis.url()), Fixtures::on(&redis.url()));
    let (here, there) = (one.caller_with(KEY), other.caller_with(KEY));
    let mut stream = Sse::open(&here).await;
    assert_eq!(stream.post(&there, 1, "initialize", hello(json!({"elicitation": {}}))).await.0, 202);
    stream.data().await;
    let call = json!({"name": "test_elicitation", "arguments": {"message": "who?"}});
    assert_eq!(stream.post(&there, 2, "tools/call", call).await.0, 202);
    let asked = stream.data().await;
    let id = question_id(&asked);
    let post = |caller: &Caller, body: String| {
        let request = caller.request(Method::POST, &stream.endpoint).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(post(&other.caller_with(OTHER_KEY), accepts(&id, "mallory")).await, 404);
    assert_eq!(post(&there, accepts(&id, "alice")).await, 202);
    assert_eq!(post(&there, accepts(&id, "again")).await, 202);
    let said = stream.data().await;
    assert!(said.contains("alice") && said.contains("\"id\":2"), "{said}");
    assert_eq!(stream.post(&there, 3, "ping", json!({})).await.0, 202);
    assert!(stream.data().await.contains("\"id\":3"), "the second answer came to nothing");
}
