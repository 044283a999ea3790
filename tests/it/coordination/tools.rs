//! The board's tools as agents use them.

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, OTHER_KEY, create_key, next, pass_seconds};

async fn finish(caller: &Caller, agent: &str, task: &Value) -> Result<Value, Value> {
    let report = json!({"agent_id": agent, "task_id": task["id"], "status": "completed", "progress": 100, "message": "done"});
    caller.tool("report_task_progress", report).await
}

#[tokio::test]
async fn an_agent_works_the_sample_board_to_its_end_in_order() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("solo").await;
    let mut order = Vec::new();
    loop {
        let answer = next(&caller, "solo").await;
        if answer["success"] == false {
            assert_eq!(
                (answer["reason"].clone(), answer["task"].clone()),
                (json!("project_complete"), Value::Null)
            );
            assert!(answer["retry_after_seconds"].as_i64().unwrap() >= 1);
            break;
        }
        let again = next(&caller, "solo").await;
        assert_eq!(again["task"]["id"], answer["task"]["id"], "a lost answer costs nothing");
        assert_eq!(again["task"]["already_assigned"], true);
        assert_eq!(again["task"]["claim_generation"], answer["task"]["claim_generation"]);
        order.push(answer["task"]["key"].as_str().unwrap().to_owned());
        finish(&caller, "solo", &answer["task"]).await.unwrap();
    }
    assert_eq!(order.len(), 8);
    let place = |key: &str| order.iter().position(|known| known == key).unwrap();
    assert!(place("T-3") > place("T-1") && place("T-3") > place("T-2") && place("T-8") > place("T-6"));
    let status = caller.tool("get_agent_status", json!({"agent_id": "solo"})).await.unwrap();
    assert_eq!(
        (status["agent"]["total_completed"].clone(), status["agent"]["status"].clone()),
        (json!(8), json!("available"))
    );
}

#[tokio::test]
async fn dependencies_hold_a_task_back_and_the_answer_says_so() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    for agent in ["a", "b", "c"] {
        caller.agent(agent).await;
    }
    let first = next(&caller, "a").await;
    assert_eq!(first["task"]["key"], "T-1");
    assert_eq!(next(&caller, "b").await["task"]["key"], "T-2");
    let nothing = next(&caller, "c").await;
    assert_eq!(nothing["reason"], "waiting_on_dependencies");
    finish(&caller, "a", &first["task"]).await.unwrap();
    assert_eq!(next(&caller, "c").await["reason"], "waiting_on_dependencies");
}

#[tokio::test]
async fn only_the_holder_reports_and_a_repeat_is_the_same_completion() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("holder").await;
    caller.agent("other").await;
    let task = next(&caller, "holder").await["task"].clone();
    let stolen = finish(&caller, "other", &task).await.unwrap_err();
    assert_eq!((stolen["code"].clone(), stolen["success"].clone()), (json!("not_task_holder"), json!(false)));
    let stale = json!({"agent_id": "holder", "task_id": task["id"], "status": "in_progress",
        "claim_generation": task["claim_generation"].as_i64().unwrap() - 1});
    assert_eq!(caller.tool("report_task_progress", stale).await.unwrap_err()["code"], "not_task_holder");
    let first = finish(&caller, "holder", &task).await.unwrap();
    let second = finish(&caller, "holder", &task).await.unwrap();
    assert_eq!(first["claim_generation"], second["claim_generation"]);
    let status = caller.tool("get_agent_status", json!({"agent_id": "holder"})).await.unwrap();
    assert_eq!(status["agent"]["total_completed"], 1);
}

#[tokio::test]
async fn a_lease_that_ends_frees_the_task_with_a_note_for_the_next_holder() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("lost").await;
    caller.agent("heir").await;
    let task = next(&caller, "lost").await["task"].clone();
    let report = json!({"agent_id": "lost", "task_id": task["key"], "status": "in_progress", "progress": 40, "message": "routes listed"});
    caller.tool("report_task_progress", report.clone()).await.unwrap();
    pass_seconds(&gateway, &caller, 601).await;
    let handed = next(&caller, "heir").await["task"].clone();
    assert_eq!(handed["id"], task["id"]);
    assert!(handed["claim_generation"].as_i64() > task["claim_generation"].as_i64());
    let instructions = handed["instructions"].as_str().unwrap();
    assert!(
        instructions.contains("lost")
            && instructions.contains("40 %")
            && instructions.contains("routes listed")
    );
    assert_eq!(caller.tool("report_task_progress", report).await.unwrap_err()["code"], "not_task_holder");
}

#[tokio::test]
async fn a_blocker_frees_the_agent_marks_the_task_and_gives_advice() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a").await;
    let task = next(&caller, "a").await["task"].clone();
    let blocker = json!({"agent_id": "a", "task_id": task["id"], "blocker_description": "403: my token lacks access", "severity": "high"});
    let answer = caller.tool("report_blocker", blocker).await.unwrap();
    assert_eq!(answer["suggestions"]["kind"], "credentials");
    let seen = caller.tool("get_task", json!({"task_id": task["id"]})).await.unwrap();
    assert_eq!(
        (seen["task"]["status"].clone(), seen["task"]["held_by"].clone()),
        (json!("blocked"), Value::Null)
    );
    assert_eq!(next(&caller, "a").await["task"]["key"], "T-2");
}

#[tokio::test]
async fn agents_belong_to_their_user_and_everything_survives_a_restart() {
    let gateway = Gateway::start();
    let (alice, mallory) = (gateway.caller(), gateway.caller_with(OTHER_KEY));
    alice.agent("mine").await;
    let task = next(&alice, "mine").await["task"].clone();
    let taken = json!({"agent_id": "mine", "name": "x", "role": "y"});
    assert_eq!(mallory.tool("register_agent", taken).await.unwrap_err()["code"], "agent_id_taken");
    assert_eq!(
        mallory.tool("request_next_task", json!({"agent_id": "mine"})).await.unwrap_err()["code"],
        "agent_not_found"
    );
    assert_eq!(finish(&mallory, "mine", &task).await.unwrap_err()["code"], "agent_not_found");
    assert_eq!(
        mallory.tool("list_registered_agents", json!({})).await.unwrap()["total"],
        1,
        "reading is for all"
    );
    let folder = std::sync::Arc::clone(&gateway.folder);
    drop(gateway);
    let restarted = Gateway::on(folder, &[]);
    let alice = restarted.caller();
    let again = next(&alice, "mine").await;
    assert_eq!(
        (again["task"]["id"].clone(), again["task"]["already_assigned"].clone()),
        (task["id"].clone(), json!(true))
    );
    finish(&alice, "mine", &task).await.unwrap();
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_allow() {
    let gateway = Gateway::start();
    let reader = gateway.caller_with(&create_key(gateway.folder.path(), &["--scopes", "board:read"]));
    assert_eq!(reader.tool("list_tasks", json!({})).await.unwrap()["total"], 8);
    let listed = reader.modern("tools/list", json!({})).await.json();
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let writing = tools.iter().filter(|tool| tool["annotations"]["readOnlyHint"] == false);
    let writing: Vec<_> = writing.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(writing.len() >= 7 && writing.contains(&"heartbeat") && writing.contains(&"release_task"));
    for tool in writing {
        let refused = reader.tool(tool, json!({})).await.unwrap_err();
        assert_eq!(refused["code"], "insufficient_scope", "{tool}");
        assert!(refused["error"].as_str().unwrap().contains(":write"));
    }
    let writer = gateway.caller_with(&create_key(gateway.folder.path(), &["--scopes", "board:write"]));
    let read = writer.modern("resources/read", json!({"uri": "taskgate://board"})).await.json();
    assert_eq!(read["error"]["data"]["code"], "insufficient_scope");
}

#[tokio::test]
async fn tasks_are_filtered_and_paged_without_gaps() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let mut keys = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut arguments = json!({"limit": 3});
        if !cursor.is_null() {
            arguments["cursor"] = cursor;
        }
        let page = caller.tool("list_tasks", arguments).await.unwrap();
        keys.extend(
            page["tasks"].as_array().unwrap().iter().map(|task| task["key"].as_str().unwrap().to_owned()),
        );
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(keys, ["T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7", "T-8"]);
    for (filter, total) in [
        (json!({"label": "API"}), 3),
        (json!({"priority": "low"}), 2),
        (json!({"query": "keyboard"}), 1),
        (json!({"status": "done"}), 0),
    ] {
        assert_eq!(caller.tool("list_tasks", filter.clone()).await.unwrap()["total"], total, "{filter}");
    }
}

#[tokio::test]
async fn hidden_characters_do_not_reach_an_agent() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let title = "pay\u{202e}load\u{200b}";
    let made = caller.tool("create_task", json!({"title": title, "priority": "urgent"})).await.unwrap();
    assert_eq!(made["task"]["title"], "payload");
    assert_eq!(made["task"]["untrusted"], true);
}

#[tokio::test]
async fn one_user_has_a_thousand_agents_at_most() {
    let gateway = Gateway::start();
    let (alice, mallory) = (gateway.caller(), gateway.caller_with(OTHER_KEY));
    alice.agent("first").await;
    let more = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        INSERT INTO agents SELECT workspace, 'a' || i, version, json_set(record, '$.id', 'a' || i) FROM agents, n";
    let folder = gateway.folder.clone();
    rusqlite::Connection::open(gateway.database()).unwrap().execute_batch(more).unwrap();
    drop(gateway);
    let gateway = Gateway::on(folder, &[]);
    let (alice, mallory) =
        (Caller { base: gateway.base.clone(), ..alice }, Caller { base: gateway.base.clone(), ..mallory });
    let profile = |id: &str| json!({"agent_id": id, "name": id, "role": "Tester", "skills": []});
    let refused = alice.tool("register_agent", profile("one-more")).await.unwrap_err();
    assert_eq!(refused["code"], "too_many_agents");
    assert!(refused["error"].as_str().unwrap().contains("taskgate agents release"), "{refused}");
    alice.tool("register_agent", profile("a7")).await.unwrap();
    mallory.tool("register_agent", profile("another")).await.unwrap();
}
