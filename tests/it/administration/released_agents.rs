//! `taskgate agents`: an administrator takes an agent from an owner who is gone.

use serde_json::json;

use crate::support::{Gateway, KEY, OTHER_KEY, command, next, within_two_seconds};

fn agents(gateway: &Gateway, arguments: &[&str]) -> (bool, String) {
    let output = command(gateway.folder.path()).arg("agents").args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test]
async fn a_released_agent_frees_its_task_and_its_id_in_every_process() {
    let gateway = Gateway::start();
    let second = Gateway::on(gateway.folder.clone(), &[]);
    let (owner, heir) = (gateway.caller_with(KEY), second.caller_with(OTHER_KEY));
    owner.agent("builder").await;
    let held = owner.tool("request_next_task", json!({"agent_id": "builder"})).await.unwrap()["task"].clone();
    let profile = json!({"agent_id": "builder", "name": "Heir", "role": "Tester", "skills": ["api"]});
    let taken = heir.tool("register_agent", profile.clone()).await.unwrap_err();
    assert_eq!(taken["code"], "agent_id_taken");
    let (done, listed) = agents(&gateway, &["list"]);
    assert!(
        done && listed.contains("builder") && listed.contains("static-") && listed.contains("T-"),
        "{listed}"
    );
    let (done, said) = agents(&gateway, &["release", "builder"]);
    assert!(done && said.contains(held["key"].as_str().unwrap_or("T-")), "{said}");
    let id = held["id"].clone();
    let is_free = || async {
        let task = second.caller().tool("get_task", json!({"task_id": id})).await.unwrap();
        task["task"]["status"] == "todo"
    };
    within_two_seconds("the task is free", is_free).await;
    assert!(agents(&gateway, &["release", "builder"]).0, "again changes nothing");
    let lost = owner.tool("heartbeat", json!({"agent_id": "builder"})).await.unwrap_err();
    assert_eq!(lost["code"], "agent_not_found");
    heir.tool("register_agent", profile).await.unwrap();
    let again = heir.tool("request_next_task", json!({"agent_id": "builder"})).await.unwrap();
    assert_eq!(
        (&again["success"], &again["task"]["already_assigned"]),
        (&json!(true), &json!(false)),
        "{again}"
    );
    let (_, listed) = agents(&gateway, &["list"]);
    assert!(listed.contains("Heir"), "{listed}");
    let audit = rusqlite::Connection::open(gateway.database()).unwrap();
    let count = |action: &str, target: &str| -> i64 {
        let sql = "SELECT COUNT(*) FROM audit WHERE actor = 'command-line' AND action = ?1 AND target = ?2";
        audit.query_row(sql, [action, target], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("agent.release", "builder"), count("task.release", id.as_str().unwrap())), (1, 1));
    let (done, said) = agents(&gateway, &["release", "nobody"]);
    assert!(!done && said.contains("taskgate agents list"), "{said}");
}

#[tokio::test]
async fn who_lost_its_agent_a_moment_ago_is_told_that_and_not_that_its_task_is_gone() {
    let gateway = Gateway::start();
    let owner = gateway.caller();
    for (tool, more) in [
        ("heartbeat", json!({})),
        ("report_task_progress", json!({"status": "completed", "message": "done"})),
        ("report_blocker", json!({"blocker_description": "no access"})),
    ] {
        owner.agent("builder").await;
        let held = next(&owner, "builder").await["task"]["id"].clone();
        gateway.pause();
        let (done, said) = agents(&gateway, &["release", "builder"]);
        let go_on = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            gateway.go_on();
        };
        assert!(done, "{said}");
        let mut arguments = json!({"agent_id": "builder", "task_id": held});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (lost, ()) = tokio::join!(owner.tool(tool, arguments), go_on);
        assert_eq!(lost.unwrap_err()["code"], "agent_not_found", "{tool}");
    }
}
