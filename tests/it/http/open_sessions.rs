//! `/` and `/sessions`: what people see of a running gateway.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, OTHER_KEY, admin, send, with_admin, within_two_seconds};

async fn sessions(caller: &Caller) -> Vec<Value> {
    send(caller.request(Method::GET, "/sessions")).await.json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_front_page_shows_stats_to_who_has_a_credential() {
    let gateway = with_admin(&[]);
    let page = Answer::of(reqwest::get(&gateway.base).await.unwrap()).await.json();
    assert_eq!(
        (&page["service"], &page["mode"], page.get("stats")),
        (&json!("taskgate"), &json!("http"), None)
    );
    assert_eq!(page["endpoints"]["mcp_sse"], "/sse");
    for caller in [gateway.caller(), admin(&gateway)] {
        let stats = send(caller.request(Method::GET, "/")).await.json()["stats"].clone();
        assert_eq!(
            (&stats["store"], &stats["board"], &stats["open_streams"]),
            (&json!("ok"), &json!("ok"), &json!(0))
        );
    }
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_and_the_administrator_all() {
    let gateway = with_admin(&[]);
    let mut owner = gateway.caller();
    owner.initialize("2025-11-25", json!({})).await;
    let stream = owner.in_session(Method::GET);
    let stream = stream.header("User-Agent", "my-client/1").send().await.unwrap();
    let sse = gateway.caller_with(OTHER_KEY).request(Method::GET, "/sse").send().await.unwrap();
    let (mine, all) = (sessions(&owner).await, sessions(&admin(&gateway)).await);
    assert_eq!((mine.len(), all.len()), (1, 2), "{all:?}");
    assert_eq!((&mine[0]["transport"], &mine[0]["era"]), (&json!("streamable_http"), &json!("legacy")));
    assert_eq!(mine[0]["client"], "my-client/1");
    assert!(mine[0]["user_id"].as_str().unwrap().starts_with("static-"));
    assert_ne!(mine[0]["id"].as_str(), owner.session.as_deref(), "the id opens nothing");
    let other = all.iter().find(|session| session["transport"] == "legacy_sse").unwrap()["id"].clone();
    let path = |id: &Value| format!("/sessions/{}", id.as_str().unwrap());
    let not_mine = send(owner.request(Method::DELETE, &path(&other))).await;
    let unknown = send(owner.request(Method::DELETE, "/sessions/unknown")).await;
    assert_eq!(
        (not_mine.status, &not_mine.text),
        (unknown.status, &unknown.text),
        "no difference to an unknown one"
    );
    assert_eq!(unknown.status, 404);
    let closed = send(owner.request(Method::DELETE, &path(&mine[0]["id"]))).await;
    assert_eq!(closed.json(), json!({"status": "closed"}));
    assert_eq!(owner.legacy("ping", json!({})).await.status, 404, "the session is gone with its stream");
    let closed = send(admin(&gateway).request(Method::DELETE, &path(&other))).await;
    assert_eq!(closed.status, 200);
    stream.bytes().await.expect("the stream ends");
    let _ = sse.bytes().await;
    within_two_seconds("both are gone", || async { sessions(&admin(&gateway)).await.is_empty() }).await;
}

#[tokio::test]
async fn usage_is_counted_by_key_user_and_tool() {
    let gateway = with_admin(&[]);
    let caller = gateway.caller();
    for _ in 0..3 {
        caller.tool("ping", json!({})).await.unwrap();
    }
    caller.tool("get_task", json!({"task_id": "T-99"})).await.unwrap_err();
    let mut usage = Value::Null;
    for _ in 0..70 {
        usage = send(admin(&gateway).request(Method::GET, "/admin/usage?by=tool")).await.json();
        if usage["rows"].as_array().is_some_and(|rows| rows.len() == 2) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let row = |name: &str| {
        usage["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!((&row("ping")["calls"], &row("ping")["errors"]), (&json!(3), &json!(0)));
    assert_eq!((&row("get_task")["calls"], &row("get_task")["errors"]), (&json!(1), &json!(1)));
    assert!(row("ping")["p99_ms"].as_f64().unwrap() > 0.0 && row("ping")["busiest_hour"]["calls"] == 3);
    let by_user = send(admin(&gateway).request(Method::GET, "/admin/usage?by=user&window=30d")).await.json();
    assert_eq!((by_user["rows"].as_array().unwrap().len(), &by_user["rows"][0]["calls"]), (1, &json!(4)));
}
