//! The audit log: what it holds, what it notices, and what is refused when it cannot be written.

use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{admin, command, create_key, send, with_admin};

fn verify(folder: &std::path::Path) -> (bool, String) {
    let output = command(folder).args(["audit", "verify"]).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn every_change_of_a_key_is_there_with_who_did_it_and_in_which_call() {
    let gateway = with_admin(&[]);
    let request = admin(&gateway).request(Method::POST, "/admin/tokens").header("X-Request-Id", "call-7");
    let made = send(request.body(r#"{"user_id": "alice"}"#)).await.json();
    let id = made["id"].as_str().unwrap();
    let caller = gateway.caller_with(made["mcp_key"].as_str().unwrap());
    send(caller.request(Method::POST, "/api/me/rotate")).await;
    send(admin(&gateway).request(Method::DELETE, &format!("/admin/tokens/{id}"))).await;
    let path = format!("/admin/audit?target={id}");
    let page = send(admin(&gateway).request(Method::GET, &path)).await.json();
    let said: Vec<_> = page["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["actor"].as_str().unwrap(), r["action"].as_str().unwrap()))
        .collect();
    assert_eq!(said, [("admin", "key.revoke"), (id, "key.rotate"), ("admin", "key.create")]);
    assert_eq!(page["records"][2]["request_id"], "call-7");
    let first = send(admin(&gateway).request(Method::GET, &format!("{path}&limit=2"))).await.json();
    let cursor = &first["next_cursor"];
    let second =
        send(admin(&gateway).request(Method::GET, &format!("{path}&limit=2&cursor={cursor}"))).await.json();
    assert_eq!((second["records"].as_array().unwrap().len(), second["next_cursor"].is_null()), (1, true));
    let lines = send(admin(&gateway).request(Method::GET, &format!("{path}&format=jsonl"))).await;
    assert_eq!(
        (lines.text.lines().count(), &lines.headers["content-type"]),
        (3, &"application/jsonl".parse().unwrap())
    );
    let csv = send(admin(&gateway).request(Method::GET, &format!("{path}&format=csv"))).await;
    assert!(csv.text.starts_with("sequence,at,actor,action,target,request_id\r\n"), "{csv:?}");
}

#[tokio::test]
async fn a_flipped_byte_a_removed_or_moved_record_and_a_cut_end_are_found() {
    let gateway = with_admin(&[]);
    for _ in 0..5 {
        send(admin(&gateway).request(Method::POST, "/admin/tokens")).await;
    }
    let folder = gateway.folder.clone();
    let caller = gateway.caller();
    caller.agent("worker").await;
    caller.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
    // The head is kept every few seconds, and at the end.
    gateway.signal("-TERM");
    let mut gateway = gateway;
    gateway.child.wait().unwrap();
    let (whole, said) = verify(folder.path());
    assert!(whole, "{said}");
    let newest = "(SELECT MAX(sequence) FROM audit)";
    for (name, damage, found) in [
        ("a flipped byte", "UPDATE audit SET target = 'x' || substr(target, 2) WHERE sequence = 3".to_owned(), "record 3"),
        ("a flipped link", "UPDATE audit SET link = zeroblob(32) WHERE sequence = 3".to_owned(), "record 3"),
        ("a removed record", "DELETE FROM audit WHERE sequence = 3".to_owned(), "record 4"),
        ("a moved record", "UPDATE audit SET sequence = CASE sequence WHEN 3 THEN -4 WHEN 4 THEN -3 END WHERE sequence IN (3, 4); UPDATE audit SET sequence = -sequence WHERE sequence < 0".to_owned(), "record 3"),
        ("a cut end", format!("DELETE FROM audit WHERE sequence = {newest}"), "end of the log is missing"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        for file in ["taskgate.db", "secret.key", "audit-head"] {
            std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
        }
        Connection::open(copy.path().join("taskgate.db")).unwrap().execute_batch(&damage).unwrap();
        let (whole, said) = verify(copy.path());
        assert!(!whole && said.contains(found), "{name}: {said}");
        // A gateway that runs on it, or writes to it, hides nothing.
        create_key(copy.path(), &["--user", "later"]);
        let (whole, said) = verify(copy.path());
        assert!(!whole, "{name}, and a key made after that: {said}");
        std::fs::remove_file(copy.path().join("audit-head")).unwrap();
        assert!(!verify(copy.path()).0, "{name}, without a head");
    }
}

#[tokio::test]
async fn a_head_that_somebody_kept_is_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--user", "alice"]);
    let kept = std::fs::read_to_string(folder.path().join("audit-head")).unwrap();
    let (sequence, link) = kept.trim().split_once(' ').unwrap();
    create_key(folder.path(), &["--user", "bob"]);
    let verify = |head: String| {
        let output = command(folder.path()).args(["audit", "verify", "--head", &head]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (whole, said) = verify(format!("{sequence}:{link}"));
    assert!(whole && said.contains("none missing up to the head"), "{said}");
    for (head, found) in [
        (format!("{sequence}:{}", "0".repeat(64)), "is not the one its head was taken from"),
        (format!("9:{link}"), "the head names record 9"),
        (String::from("9"), "expected a place and a link"),
    ] {
        let (whole, said) = verify(head);
        assert!(!whole && said.contains(found), "{said}");
    }
    std::fs::remove_file(folder.path().join("audit-head")).unwrap();
    let (whole, said) = verify(format!("{sequence}:{link}"));
    assert!(whole, "it takes the place of the file: {said}");
}

#[tokio::test]
async fn a_record_of_ones_own_making_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--user", "alice"]);
    let (whole, said) = verify(folder.path());
    assert!(whole, "{said}");
    let forge = "UPDATE audit SET actor = 'mallory', link = zeroblob(32);
        INSERT INTO audit SELECT 2, workspace, 'mallory', action, target, request_id, at, link FROM audit";
    Connection::open(folder.path().join("taskgate.db")).unwrap().execute_batch(forge).unwrap();
    create_key(folder.path(), &["--user", "bob"]);
    let (whole, said) = verify(folder.path());
    assert!(!whole && said.contains("record 1"), "{said}");
}

#[tokio::test]
async fn ending_a_session_is_recorded_with_who_did_it() {
    let gateway = with_admin(&[]);
    let stream = gateway.caller().request(Method::GET, "/sse").send().await.unwrap();
    let listed = send(admin(&gateway).request(Method::GET, "/sessions")).await.json();
    let id = listed["sessions"][0]["id"].as_str().unwrap().to_owned();
    send(admin(&gateway).request(Method::DELETE, &format!("/sessions/{id}"))).await;
    let page = send(admin(&gateway).request(Method::GET, &format!("/admin/audit?target={id}"))).await.json();
    let record = &page["records"][0];
    assert_eq!((&record["actor"], &record["action"]), (&json!("admin"), &json!("session.close")));
    drop(stream);
}

#[tokio::test]
async fn a_record_put_in_before_the_first_is_found() {
    let gateway = with_admin(&[]);
    send(admin(&gateway).request(Method::POST, "/admin/tokens").body("{}")).await;
    let folder = gateway.folder.clone();
    drop(gateway);
    crate::support::create_key(folder.path(), &["--user", "a"]);
    for sequence in [-1, 0, i64::MIN] {
        let database = rusqlite::Connection::open(folder.path().join("taskgate.db")).unwrap();
        let forge = "INSERT INTO audit SELECT ?1, workspace, 'admin', 'key.revoke', 'forged', 'forged', at, zeroblob(32)
            FROM audit WHERE sequence = 1";
        assert_eq!(database.execute(forge, [sequence]).unwrap(), 1);
        let (whole, said) = verify(folder.path());
        assert!(!whole, "{sequence}: {said}");
        database.execute("DELETE FROM audit WHERE sequence = ?1", [sequence]).unwrap();
    }
    let (whole, said) = verify(folder.path());
    assert!(whole, "{said}");
}

#[tokio::test]
async fn a_head_that_holds_nothing_is_said_and_stops_no_other_command() {
    let gateway = with_admin(&[]);
    let folder = gateway.folder.clone();
    drop(gateway);
    crate::support::create_key(folder.path(), &["--user", "a"]);
    std::fs::write(folder.path().join("audit-head"), "").unwrap();
    crate::support::create_key(folder.path(), &["--user", "b"]);
    let (whole, said) = verify(folder.path());
    assert!(!whole && said.contains("holds no head"), "{said}");
    let elsewhere = tempfile::tempdir().unwrap();
    let (whole, said) = verify(elsewhere.path());
    assert!(!whole && said.contains("there is no taskgate.db"), "{said}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing is made where nothing was");
}
