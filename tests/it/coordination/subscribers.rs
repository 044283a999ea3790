//! `TASKGATE_BOARD_WEBHOOK_URL`: subscribers are told what happens to tasks, in order, signed and at least once, whatever becomes
//! of them, of each other, and of the gateway.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::any,
};
use serde_json::{Value, json};

use crate::support::{Gateway, next, person, webhook_signature};

const SECRET: &str = "subscribers-secret-for-tests-0123456789";
const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

/// What a subscriber does with a delivery: answers with a status, or not at all.
const HANGS: u16 = 0;

/// A subscriber on this machine that remembers what it took.
#[derive(Clone)]
struct Subscriber {
    address: SocketAddr,
    answer: Arc<Mutex<u16>>,
    tries: Arc<Mutex<u32>>,
    taken: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Subscriber {
    async fn start(answer: u16) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), answer).await
    }

    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    async fn at(address: SocketAddr, answer: u16) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let subscriber = Self {
            address,
            answer: Arc::new(Mutex::new(answer)),
            tries: Arc::default(),
            taken: Arc::default(),
        };
        let router = Router::new().fallback(any(hear)).with_state(subscriber.clone());
        tokio::task::spawn(async move { axum::serve(listener, router).await });
        subscriber
    }

    fn url(&self) -> String {
        format!("http://user:hushhush@{}/hidden-path", self.address)
    }

    fn answers(&self, status: u16) {
        *self.answer.lock().unwrap() = status;
    }

    fn tries(&self) -> u32 {
        *self.tries.lock().unwrap()
    }

    fn bodies(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    /// Names of the events it took, in their order.
    fn events(&self) -> Vec<String> {
        self.bodies().iter().map(|body| body["event"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns when it took `count` deliveries.
    async fn has(&self, count: usize) {
        self.within(Duration::from_secs(10), || self.events().len() >= count).await;
    }

    async fn within(&self, limit: Duration, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < limit, "{:?} after {} tries", self.events(), self.tries());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn hear(
    State(subscriber): State<Subscriber>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1]) {
    *subscriber.tries.lock().unwrap() += 1;
    let answer = *subscriber.answer.lock().unwrap();
    if answer == HANGS {
        std::future::pending::<()>().await;
    }
    let status = StatusCode::from_u16(answer).unwrap();
    if status.is_success() {
        subscriber.taken.lock().unwrap().push((headers, body));
    }
    (status, [("location", "http://127.0.0.1:1/elsewhere")])
}

fn told(urls: &str) -> Vec<(&str, &str)> {
    vec![EMPTY, ("TASKGATE_BOARD_WEBHOOK_URL", urls), ("TASKGATE_BOARD_WEBHOOK_SECRET", SECRET)]
}

#[tokio::test]
async fn everything_that_happens_to_a_task_is_told_in_order_and_signed() {
    let subscriber = Subscriber::start(204).await;
    let gateway = Gateway::with(&told(&subscriber.url()));
    let caller = gateway.caller();
    let made = caller.tool("create_task", json!({"title": "First \u{202e}words"})).await.unwrap();
    let id = made["task"]["id"].clone();
    // A task is told of as it stands when that is told.
    subscriber.has(1).await;
    caller.agent("a").await;
    let report = |tool: &'static str, mut with: Value| {
        (with["agent_id"], with["task_id"]) = (json!("a"), id.clone());
        let caller = caller.clone();
        async move { caller.tool(tool, with).await.unwrap() }
    };
    next(&caller, "a").await;
    report("report_task_progress", json!({"status": "in_progress", "progress": 5, "message": "not told"}))
        .await;
    report("release_task", json!({"message": "not mine"})).await;
    next(&caller, "a").await;
    report("report_blocker", json!({"blocker_description": "no key"})).await;
    person(gateway.folder.path(), &["move", "T-1", "todo"]);
    next(&caller, "a").await;
    report("report_task_progress", json!({"status": "completed", "message": "done"})).await;
    // What is told of a task that is gone has no title.
    subscriber.has(9).await;
    person(gateway.folder.path(), &["assign", "T-1", "bob"]);
    person(gateway.folder.path(), &["delete", "T-1"]);
    subscriber.has(11).await;
    let names: Vec<_> = subscriber.events();
    let expected =
        ["created", "granted", "released", "granted", "blocked", "moved", "moved", "granted", "finished"];
    assert_eq!(names[..9], expected.map(|name| format!("task.{name}")), "{names:?}");
    assert!(names.contains(&String::from("task.assigned")) && names.contains(&String::from("task.deleted")));
    let bodies = subscriber.bodies();
    let task =
        |status: &str| json!({"id": id, "key": "T-1", "title": "First words", "url": null, "status": status});
    for (at, agent, detail, status) in [
        (0, Value::Null, "First words", "todo"),
        (2, json!("a"), "not mine", "todo"),
        (4, json!("a"), "no key", "blocked"),
    ] {
        let body = &bodies[at];
        assert_eq!((&body["agent_id"], &body["detail"]), (&agent, &json!(detail)), "{body}");
        assert_eq!((&body["task"], &body["workspace"]), (&task(status), &json!("default")), "{body}");
    }
    for (headers, body) in &*subscriber.taken.lock().unwrap() {
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let value: Value = serde_json::from_str(body).unwrap();
        assert_eq!(header("x-taskgate-signature-256"), webhook_signature(SECRET, body));
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(
            (json!(header("x-taskgate-event")), json!(header("x-taskgate-delivery"))),
            (value["event"].clone(), value["delivery_id"].clone())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_hangs_or_is_down_holds_up_nobody_and_hears_everything_later() {
    let good = Subscriber::start(200).await;
    let others = [Subscriber::start(500).await, Subscriber::start(302).await, Subscriber::start(HANGS).await];
    // Nobody listens there any more.
    let down = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls =
        [others[0].url(), others[1].url(), others[2].url(), format!("http://{down}/"), good.url()].join(",");
    let gateway =
        Gateway::with(&[&told(&urls)[..], &[("HTTP_TIMEOUT", "1"), ("HTTP_CONNECT_TIMEOUT", "1")]].concat());
    let caller = gateway.caller();
    for number in 0..5 {
        caller.tool("create_task", json!({"title": format!("task {number}")})).await.unwrap();
    }
    good.within(Duration::from_secs(2), || good.events().len() == 5).await;
    for other in &others {
        other.within(Duration::from_secs(10), || other.tries() >= 3).await;
        assert_eq!(other.events(), [""; 0]);
        other.answers(200);
    }
    let back = Subscriber::at(down, 200).await;
    for late in others.iter().chain([&back]) {
        late.has(5).await;
        assert_eq!(late.bodies(), good.bodies(), "the same, in the same order");
    }
    let failed = gateway.log_lines("a subscriber does not take what it is told");
    for other in others.iter().chain([&back]) {
        let origin = format!("http://{}", other.address);
        let lines: Vec<_> = failed.iter().filter(|line| line["receiver"] == origin.as_str()).collect();
        assert_eq!(lines.len(), 1, "{origin}: {failed:?}");
        let again = gateway.log_lines("a subscriber takes what it is told again");
        assert!(again.iter().any(|line| line["receiver"] == origin.as_str()), "{origin}");
    }
    let causes: Vec<_> = failed.iter().map(|line| line["error"].as_str().unwrap()).collect();
    for cause in ["status 500", "status 302", "in time", "no connection"] {
        assert!(causes.iter().any(|said| said.contains(cause)), "{cause}: {causes:?}");
    }
    assert!(!gateway.log_contains("hidden-path") && !gateway.log_contains("hushhush"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_tells_and_the_other_goes_on_when_it_ends() {
    let subscriber = Subscriber::start(200).await;
    let url = subscriber.url();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let first = Gateway::on(Arc::clone(&folder), &told(&url));
    subscriber_is_known(&first).await;
    let second = Gateway::on(Arc::clone(&folder), &told(&url));
    for gateway in [&first, &second, &first] {
        gateway.caller().tool("create_task", json!({"title": "a task"})).await.unwrap();
    }
    subscriber.has(3).await;
    first.signal("-TERM");
    person(folder.path(), &["move", "T-1", "done"]);
    subscriber.has(4).await;
    // One that dies before its place is kept would be told again.
    let store = rusqlite::Connection::open(second.database()).unwrap();
    let is_kept = "SELECT (SELECT place FROM followers) = (SELECT MAX(sequence) FROM events)";
    crate::support::within_two_seconds("the place is kept", async || {
        store.query_row(is_kept, [], |row| row.get(0)).unwrap()
    })
    .await;
    // One that dies keeps its turn for 30 s.
    second.signal("-KILL");
    person(folder.path(), &["move", "T-2", "done"]);
    let third = Gateway::on(Arc::clone(&folder), &told(&url));
    let store = rusqlite::Connection::open(third.database()).unwrap();
    let pass_time = "UPDATE followers SET taken_until = 0";
    assert_eq!(store.execute(pass_time, []).unwrap(), 1);
    subscriber.has(5).await;
    let ids: Vec<_> = subscriber.bodies().iter().map(|body| body["delivery_id"].to_string()).collect();
    assert_eq!(ids.len(), 5);
    let mut once = ids.clone();
    once.dedup();
    assert_eq!(ids, once, "each once");
}

/// Returns when its place is kept: what happens from then on is told.
async fn subscriber_is_known(gateway: &Gateway) {
    crate::support::within_two_seconds("a subscriber has a place", async || {
        let store = rusqlite::Connection::open(gateway.database()).unwrap();
        store.query_row("SELECT COUNT(*) > 0 FROM followers", [], |row| row.get(0)).unwrap()
    })
    .await;
}

#[tokio::test]
async fn what_was_dropped_before_it_could_be_told_is_told_to_be_missing() {
    let subscriber = Subscriber::start(200).await;
    let url = subscriber.url();
    let gateway = Gateway::with(&told(&url));
    let caller = gateway.caller();
    caller.tool("create_task", json!({"title": "a task"})).await.unwrap();
    subscriber.has(1).await;
    let folder = Arc::clone(&gateway.folder);
    drop(gateway);
    for status in ["done", "todo", "blocked"] {
        person(folder.path(), &["move", "T-1", status]);
    }
    let store = rusqlite::Connection::open(folder.path().join("taskgate.db")).unwrap();
    let newest: i64 = store.query_row("SELECT MAX(sequence) FROM events", [], |row| row.get(0)).unwrap();
    store.execute("DELETE FROM events WHERE sequence < ?1", [newest]).unwrap();
    store.execute("UPDATE followers SET taken_until = 0", []).unwrap();
    let again = Gateway::on(folder, &told(&url));
    subscriber.has(3).await;
    assert_eq!(subscriber.events(), ["task.created", "log.missed", "task.moved"]);
    let bodies = subscriber.bodies();
    let said = bodies[1]["detail"].as_str().unwrap();
    assert!(said.contains(&format!(" to {} were dropped", newest - 1)), "{said}");
    assert_eq!((&bodies[1]["task"], &bodies[2]["task"]["status"]), (&Value::Null, &json!("blocked")));
    again.logs("events were dropped before a subscriber could be told of them").await;
}
