//! Who reads the database for long, from outside or through the admin API, keeps nobody waiting and leaves nothing behind.

use std::time::{Duration, Instant};

use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Gateway, admin, send, with_admin, within_two_seconds};

const MEBIBYTE: u64 = 1024 * 1024;

fn log_bytes(gateway: &Gateway) -> u64 {
    std::fs::metadata(gateway.database().with_extension("db-wal")).map_or(0, |log| log.len())
}

/// Connections of the process to the database.
fn handles(gateway: &Gateway) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", gateway.child.id())).unwrap();
    let names = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    names.filter(|name| name.ends_with("taskgate.db")).count()
}

fn threads(gateway: &Gateway) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", gateway.child.id())).unwrap().count()
}

/// Processor time of the process so far.
fn processor_ticks(gateway: &Gateway) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", gateway.child.id())).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn a_reader_that_stays_keeps_no_writer_waiting_and_the_log_is_cut_when_it_ends() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("worker").await;
    caller.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
    let outside = Connection::open(gateway.database()).unwrap();
    outside.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    let reader = Connection::open(gateway.database()).unwrap();
    reader.execute_batch("BEGIN; SELECT COUNT(*) FROM tasks").unwrap();
    outside
        .execute_batch(
            "CREATE TABLE ballast (b BLOB); INSERT INTO ballast VALUES (zeroblob(64 * 1024 * 1024))",
        )
        .unwrap();
    assert!(log_bytes(&gateway) > 52 * MEBIBYTE);
    // In the quiet between two, the log is to be cut.
    for _ in 0..8 {
        let begun = Instant::now();
        caller.tool("heartbeat", json!({"agent_id": "worker"})).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "a heartbeat took {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(log_bytes(&gateway) > 52 * MEBIBYTE, "the reader still needs it");
    reader.execute_batch("COMMIT").unwrap();
    within_two_seconds("the log is cut once the reader has ended", async || log_bytes(&gateway) < MEBIBYTE)
        .await;
    outside.execute_batch("DROP TABLE ballast").unwrap();
}

#[tokio::test]
#[ignore = "root alone sees into a process that keeps its memory private"]
async fn looks_that_nobody_waits_for_leave_nothing_behind() {
    let gateway = with_admin(&[]);
    send(admin(&gateway).request(Method::POST, "/admin/tokens")).await;
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
        INSERT INTO audit SELECT 1000 + i, 'default', 'busy', 'task.claim', 't' || (i % 1000), 'r', i, zeroblob(32) FROM n";
    let outside = Connection::open(gateway.database()).unwrap();
    outside.busy_timeout(Duration::from_secs(20)).unwrap();
    outside.execute_batch(many).unwrap();
    let before = threads(&gateway);
    for _ in 0..12 {
        let abandoned = (0..5).map(|_| async {
            // No index finds the few of one actor's many.
            let look = admin(&gateway).request(Method::GET, "/admin/audit?actor=busy&action=none");
            let _ = look.timeout(Duration::from_millis(60)).send().await;
        });
        futures_util::future::join_all(abandoned).await;
    }
    let begun = Instant::now();
    gateway.caller().tool("list_tasks", json!({})).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "a call waited {:?}", begun.elapsed());
    // One writes, one brings the log in, four look up and two read much.
    assert!(handles(&gateway) <= 8, "{} connections", handles(&gateway));
    assert!(threads(&gateway) <= before + 6, "{} threads after {before}", threads(&gateway));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ticks = processor_ticks(&gateway);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spent = processor_ticks(&gateway) - ticks;
    assert!(spent < 50, "{spent} ticks in a second in which nobody asked for anything");
}

#[tokio::test]
async fn each_filter_of_the_audit_log_finds_its_few_among_many() {
    let gateway = with_admin(&[]);
    send(admin(&gateway).request(Method::POST, "/admin/tokens").body(r#"{"user_id": "rare"}"#)).await;
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO audit SELECT 1000 + i, 'default', 'busy', iif(i % 2, 'task.claim', 'task.report'), 't' || (i % 10), 'r',
        i, zeroblob(32) FROM n";
    Connection::open(gateway.database()).unwrap().execute_batch(many).unwrap();
    let get = async |query: &str| {
        let answer = send(admin(&gateway).request(Method::GET, &format!("/admin/audit?{query}"))).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let page = answer.json();
        let places = page["records"].as_array().unwrap().iter();
        places.map(|record| record["sequence"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(get("limit=3").await, [6000, 5999, 5998]);
    assert_eq!(get("actor=admin").await, [1]);
    assert_eq!(get("action=key.").await, [1]);
    assert_eq!(get("action=task.&limit=3").await, [6000, 5999, 5998]);
    assert_eq!(get("action=task.claim&limit=2&cursor=5999").await, [5997, 5995]);
    assert_eq!(get("action=task.claim&target=t1&limit=2").await, [5991, 5981]);
    assert_eq!(get("actor=busy&target=t0&limit=1").await, [6000]);
    assert_eq!(get("since=6000").await, [1], "moments rise with places, but for a clock that was set");
    assert_eq!(get("since=4999&action=task.report").await, [6000]);
    for none in
        ["actor=nobody", "action=none.", "target=t99", "since=99999999999999", "actor=busy&action=key."]
    {
        assert_eq!(get(none).await, [0; 0], "{none}");
    }
    let path = "/admin/audit?actor=busy&format=csv";
    let export = send(admin(&gateway).request(Method::GET, path)).await;
    let places: Vec<i64> =
        export.text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(places, (1001..=6000).rev().collect::<Vec<_>>(), "an export goes over many pages");
    let path = "/admin/audit?action=task.&format=jsonl";
    assert_eq!(send(admin(&gateway).request(Method::GET, path)).await.text.lines().count(), 5000);
}

#[tokio::test]
async fn usage_of_a_month_is_added_up_without_being_held_and_comes_in_pages() {
    let gateway = with_admin(&[]);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 3600;
    let text = (0..58).map(|step| format!("{step}:100")).collect::<Vec<_>>().join(" ");
    let many = format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59999)
         INSERT INTO usage SELECT 'default', {now} - i % 700, 'key-' || (i / 700), 'tool-' || (i / 35000), 'u', i % 7, 1, 0, '{text}'
         FROM n"
    );
    Connection::open(gateway.database()).unwrap().execute_batch(&many).unwrap();
    let get = async |query: &str| {
        send(admin(&gateway).request(Method::GET, &format!("/admin/usage?window=30d&{query}"))).await
    };
    let before = gateway.memory_kib();
    let tools = get("by=tool").await.json();
    assert_eq!(tools["rows"].as_array().unwrap().len(), 2, "{tools}");
    assert_eq!(tools["rows"][0]["calls"], 105_000);
    assert_eq!(tools["rows"][0]["busiest_hour"]["calls"], 300, "50 keys, six calls each at most");
    let grown = gateway.peak_memory_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB for one look");
    let first = get("limit=80").await.json();
    assert_eq!((first["rows"].as_array().unwrap().len(), &first["next_cursor"]), (80, &json!(80)));
    let rest = get("limit=80&cursor=80").await.json();
    assert_eq!((rest["rows"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (6, true));
    let last = get("limit=100&cursor=86").await.json();
    assert_eq!((last["rows"].as_array().unwrap().len(), last["next_cursor"].is_null()), (0, true));
    for bad in ["limit=0", "limit=1001", "cursor=-1", "cursor=x", "cursor=1000001"] {
        assert_eq!(get(bad).await.status, 422, "{bad}");
    }
}
