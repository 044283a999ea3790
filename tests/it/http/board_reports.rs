//! The board as JSON: a task with the reason why it is not offered, and what happened to it.

use reqwest::Method;
use serde_json::{Value, json};
use taskgate::model::UnixMillis;

use crate::support::{Answer, Caller, Gateway, OTHER_KEY, create_key, next, person, within_two_seconds};

const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

async fn get(caller: &Caller, path: &str) -> Answer {
    Answer::of(caller.request(Method::GET, path).send().await.unwrap()).await
}

async fn make(caller: &Caller, task: Value) -> Value {
    caller.tool("create_task", task).await.unwrap()["task"].clone()
}

#[tokio::test]
async fn a_task_comes_with_its_reason_over_http_as_by_the_tool() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let first = make(&caller, json!({"title": "First"})).await;
    let second = make(&caller, json!({"title": "Second", "dependencies": [first["key"]]})).await;
    let reason = async |task: &Value| {
        let report = get(&caller, &format!("/api/tasks/{}", task["key"].as_str().unwrap())).await;
        assert_eq!(report.status, 200, "{report:?}");
        let by_tool = caller.tool("get_task", json!({"task_id": task["id"]})).await.unwrap();
        assert_eq!(report.json()["task"], by_tool["task"]);
        let (mut over_http, mut by_tool) = (report.json()["reason"].clone(), by_tool["reason"].clone());
        // The store's time is turned into the wall clock's at each reading, to the millisecond of either.
        let ends = [&mut over_http, &mut by_tool].map(|reason| {
            let end = reason.as_object_mut().unwrap().remove("lease_expires_at");
            end.map(|end| UnixMillis::from_rfc3339(end.as_str().unwrap()).unwrap().0)
        });
        assert_eq!(over_http, by_tool);
        let is_same = |(one, other): (i64, i64)| one.abs_diff(other) <= 1;
        assert!(ends[0].zip(ends[1]).map_or(ends == [None, None], is_same), "{ends:?}");
        report.json()
    };
    let report = reason(&first).await;
    assert_eq!(report["reason"], json!({"code": "ready", "text": "Offered next.", "place": 1}));
    assert_eq!((&report["claim"], &report["unblocks"]), (&Value::Null, &json!(1)));
    let report = reason(&second).await;
    let text = format!("Not offered: it waits for {}.", first["key"].as_str().unwrap());
    assert_eq!(report["reason"], json!({"code": "waits", "text": text, "keys": [first["key"]]}));
    assert_eq!(report["waits_for"], json!([{"key": first["key"], "title": "First", "closed": false}]));
    caller.agent("ana").await;
    let granted = next(&caller, "ana").await["task"].clone();
    let said = json!({"agent_id": "ana", "task_id": first["id"], "status": "in_progress", "progress": 40, "message": "half"});
    caller.tool("report_task_progress", said).await.unwrap();
    let report = reason(&first).await;
    assert_eq!((&report["reason"]["code"], &report["reason"]["who"]), (&json!("held"), &json!(["ana"])));
    assert_eq!(report["reason"]["lease_expires_at"], report["claim"]["lease_expires_at"]);
    assert_eq!(report["claim"]["claim_generation"], granted["claim_generation"]);
    assert_eq!((&report["claim"]["progress"], &report["claim"]["message"]), (&json!(40), &json!("half")));
    let said = json!({"agent_id": "ana", "task_id": first["id"], "status": "blocked", "message": "no access", "severity": "high"});
    caller.tool("report_task_progress", said).await.ok();
    for (path, status) in [("/api/tasks/T-999", 404), ("/api/tasks/%FF", 422), ("/api/tasks/", 404)] {
        assert_eq!(get(&caller, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn what_happened_is_told_grant_by_grant_also_of_a_task_that_is_gone() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let task = make(&caller, json!({"title": "It"})).await;
    let path = format!("/api/tasks/{}/history", task["key"].as_str().unwrap());
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let said = json!({"agent_id": "ana", "task_id": task["id"], "status": "in_progress", "progress": 40, "message": "half \u{202e}of it"});
    caller.tool("report_task_progress", said).await.unwrap();
    let told = get(&caller, &path).await.json();
    let texts: Vec<_> =
        told["entries"].as_array().unwrap().iter().map(|entry| entry["text"].clone()).collect();
    let made = texts.last().unwrap().as_str().unwrap();
    assert_eq!(texts[..2], [json!("ana works on it at 40 %."), json!("ana got it: grant 1 of 1.")]);
    assert!(made.ends_with(" made it."), "{made}");
    let newest = &told["entries"][0];
    assert_eq!(newest["words"], "half of it", "what would hide words is left out");
    let fields = ["action", "agent_id", "grant", "progress"].map(|field| newest[field].clone());
    assert_eq!(fields, [json!("progress"), json!("ana"), json!(1), json!(40)]);
    assert_eq!(told["task_id"], task["id"]);
    person(gateway.folder.path(), &["delete", task["key"].as_str().unwrap()]);
    within_two_seconds("the task is gone", async || {
        get(&caller, &format!("/api/tasks/{}", task["key"].as_str().unwrap())).await.status == 404
    })
    .await;
    let by_id = format!("/api/tasks/{}/history", task["id"].as_str().unwrap());
    assert_eq!(get(&caller, &by_id).await.json(), get(&caller, &path).await.json());
    let told = get(&caller, &path).await.json();
    let actions: Vec<_> = told["entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert!(actions.contains(&&json!("deleted")) && actions.contains(&&json!("granted")), "{told}");
}

#[tokio::test]
async fn the_overview_tells_who_works_who_is_idle_and_what_needs_a_person() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let told = get(&caller, "/api/overview").await.json();
    assert_eq!((&told["tasks"]["total"], &told["agents"]["total"]), (&json!(0), &json!(0)));
    let held = make(&caller, json!({"title": "Held", "priority": "urgent"})).await;
    let stuck = make(&caller, json!({"title": "Stuck", "priority": "high"})).await;
    let behind = make(&caller, json!({"title": "Behind", "dependencies": [stuck["key"]]})).await;
    for agent in ["ana", "ben", "cyn"] {
        caller.agent(agent).await;
    }
    for (agent, task) in [("ana", &held), ("ben", &stuck)] {
        assert_eq!(next(&caller, agent).await["task"]["key"], task["key"]);
    }
    let blocker = json!({"agent_id": "ben", "task_id": stuck["id"], "blocker_description": "no access", "severity": "high"});
    caller.tool("report_blocker", blocker).await.unwrap();
    let said = json!({"agent_id": "ana", "task_id": held["id"], "status": "in_progress", "progress": 40, "message": "half"});
    caller.tool("report_task_progress", said).await.unwrap();
    let told = get(&caller, "/api/overview").await.json();
    let counts = ["total", "held", "blocked", "parked", "waiting"].map(|name| told["tasks"][name].clone());
    assert_eq!(counts, [3, 1, 1, 0, 1].map(|count| json!(count)), "{told}");
    let [at_work] = told["at_work"].as_array().unwrap().as_slice() else { panic!("{told}") };
    let fields = ["agent_id", "progress", "message"].map(|name| at_work[name].clone());
    assert_eq!(fields, [json!("ana"), json!(40), json!("half")]);
    assert_eq!(at_work["task"]["key"], held["key"]);
    let idle: Vec<_> =
        told["idle"].as_array().unwrap().iter().map(|idle| idle["text"].as_str().unwrap()).collect();
    let waits = "Nothing to give: what is left waits for other tasks.";
    let of_ben = format!("Cannot go on with {} at 0 %. {waits}", stuck["key"].as_str().unwrap());
    assert_eq!(idle, [of_ben, format!("Was given no task yet. {waits}")]);
    let [need] = told["needs"].as_array().unwrap().as_slice() else { panic!("{told}") };
    let fields = ["code", "text", "words", "severity"].map(|name| need[name].clone());
    assert_eq!(
        fields,
        ["blocked", "ben cannot go on, high severity.", "no access", "high"].map(|text| json!(text))
    );
    assert_eq!((&need["holds_back"], &told["needs_total"]), (&json!([behind["key"]]), &json!(1)));
    assert!(need["since"].is_string(), "{need}");
    assert_eq!(told["not_offered"][0]["reason"]["keys"], json!([stuck["key"]]));
    person(
        gateway.folder.path(),
        &["depends", stuck["key"].as_str().unwrap(), behind["key"].as_str().unwrap()],
    );
    person(gateway.folder.path(), &["move", stuck["key"].as_str().unwrap(), "todo"]);
    within_two_seconds("the circle is seen", async || {
        let told = get(&caller, "/api/overview").await.json();
        told["needs"][0]["code"] == "circle"
            && told["needs"][0]["keys"] == json!([stuck["key"], behind["key"]])
    })
    .await;
}

#[tokio::test]
async fn who_may_not_see_the_board_sees_no_report() {
    let gateway = Gateway::start();
    let key = create_key(gateway.folder.path(), &["--user", "u", "--scopes", "pr:read"]);
    for path in ["/api/overview", "/api/tasks/T-1", "/api/tasks/T-1/history"] {
        let answer = get(&gateway.caller_with(&key), path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].clone()),
            (403, json!("insufficient_scope")),
            "{path}"
        );
        assert_eq!(
            get(&gateway.caller_with(OTHER_KEY), path).await.status,
            200,
            "{path}: the board is the team's"
        );
    }
}
