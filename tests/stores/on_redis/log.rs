//! What several gateways on one Redis server make of its logs and its time.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use taskgate::{
    model::{AuditEntry, AuditRecord, MachineTime, StoreMillis, UnixMillis, Workspace},
    secrets::{AuditKey, ChainCheck, ChainFault, ChainKeys, Checkpoint, Head, LogDigest, SecretKey},
    stores::{
        AuditLog, EventLog, LinkTurn, StoreError, StoreTime, UsageBy, UsageQuery, UsageStore,
        redis::RedisStore,
    },
};

use crate::{
    audit::append_many,
    events::tell,
    fixtures::{NOW, audit_key},
    on_redis::server::RedisServer,
};

const WALL: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

fn gateway(server: &RedisServer, key: AuditKey) -> RedisStore {
    server.store("tg", key)
}

async fn heard(waits: impl Future) {
    let heard = tokio::time::timeout(Duration::from_secs(20), waits).await;
    assert!(heard.is_ok(), "nobody was told");
}

fn does(server: &RedisServer, words: &[&str]) {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd(words[0]).arg(&words[1..]).query::<()>(&mut connection).unwrap();
}

async fn append(store: &RedisStore, target: &str) {
    let record = AuditRecord::without_call("me", "test.done", target, NOW);
    store.append_audit(&Workspace::default(), record).await.unwrap();
}

/// Whether all of the log has links once this process was to put them.
async fn is_linked(store: &RedisStore) -> bool {
    let turn = LinkTurn { by: "here", now: StoreMillis(0), lasts_millis: 5_000 };
    let linking = store.link_audit(&Workspace::default(), turn).await.unwrap().unwrap();
    linking.linked == linking.newest && linking.doubted.is_none()
}

async fn whole(store: &RedisStore) -> Vec<AuditEntry> {
    store.audit_after(&Workspace::default(), i64::MIN, 10_000).await.unwrap()
}

fn follow(key: AuditKey, entries: &[AuditEntry]) -> Result<i64, ChainFault> {
    let last = entries.last().unwrap();
    let head = Head { sequence: last.sequence, link: last.link };
    let mut check = ChainCheck::new(ChainKeys { current: key, old: None }, Some(head), None, &[]);
    entries.iter().try_for_each(|entry| check.follow(entry))?;
    check.end()
}

#[tokio::test]
async fn several_gateways_make_one_chain() {
    let server = RedisServer::start(&[]);
    let gateways = [(); 4].map(|()| Arc::new(gateway(&server, audit_key())));
    let mut work = JoinSet::new();
    for store in gateways.clone() {
        work.spawn(async move {
            append_many(&*store).await;
            is_linked(&store).await;
            append(&store, "last").await;
            store.last_audit(&Workspace::default()).await.unwrap().unwrap()
        });
    }
    for last in work.join_all().await {
        assert_ne!(last.link, [0; 32], "who reads sees linked records");
    }
    let entries = whole(&gateways[0]).await;
    assert_eq!(entries.len(), 4 * 1_201);
    assert_eq!(follow(audit_key(), &entries), Ok(4 * 1_201));
}

#[tokio::test]
async fn a_record_nobody_wrote_gets_no_link_and_shows() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server, audit_key());
    append(&store, "ours").await;
    does(&server, &["HINCRBY", "tg:{default}:seq", "audit", "1"]);
    let row = r#"{"unique":"u","actor":"me","action":"a","target":"invented","request_id":"r","at":1}"#;
    does(&server, &["XADD", "tg:{default}:audit", "2-0", "r", row, "m", "no such"]);
    append(&store, "behind it").await;
    assert!(!is_linked(&store).await);
    assert_eq!(store.last_audit(&workspace).await.unwrap().unwrap().sequence, 1);
    let entries = whole(&store).await;
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(follow(audit_key(), &entries), Err(ChainFault::Broken(2)));
    assert!(store.audit_after(&workspace, 2, 10).await.unwrap().is_empty());
    let page = store.audit(&workspace, taskgate::stores::AuditFilter::default(), 10).await.unwrap();
    assert_eq!(page.len(), 3, "people see everything");
}

#[tokio::test]
async fn who_looks_for_what_is_new_does_not_read_the_whole_log_again() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server, audit_key());
    for target in 0..300 {
        append(&store, &target.to_string()).await;
    }
    let anchors = taskgate::stores::AuditFilter {
        action: Some(String::from("audit.anchor")),
        after: Some(299),
        ..Default::default()
    };
    assert!(is_linked(&store).await);
    does(&server, &["CONFIG", "RESETSTAT"]);
    assert!(store.audit(&workspace, anchors.clone(), 10).await.unwrap().is_empty());
    let said: String = server.put(&["INFO", "commandstats"]);
    let of_few = taskgate::stores::AuditFilter { looks_at: Some(7), after: None, ..anchors };
    let part = store.audit_part(&workspace, of_few, 10).await.unwrap();
    assert_eq!((part.entries.len(), part.rest), (0, Some(294)), "what it looked at is over");
    let reads = said.split("cmdstat_xrevrange:calls=").nth(1).and_then(|rest| rest.split(',').next());
    assert_eq!(reads, Some("2"), "one of the records and one of their links");
}

#[tokio::test]
async fn a_record_that_was_put_between_others_or_taken_out_shows() {
    let server = RedisServer::start(&[]);
    let store = gateway(&server, audit_key());
    for target in ["a", "b", "c"] {
        append(&store, target).await;
    }
    assert_eq!(follow(audit_key(), &whole(&store).await), Ok(3));
    does(&server, &["XDEL", "tg:{default}:audit", "2-0"]);
    assert_eq!(follow(audit_key(), &whole(&store).await), Err(ChainFault::Gap(3)));
    does(&server, &["XDEL", "tg:{default}:audit", "3-0"]);
    append(&store, "d").await;
    assert_eq!(follow(audit_key(), &whole(&store).await), Err(ChainFault::Gap(4)));
    does(&server, &["XDEL", "tg:{default}:audit:links", "1-0"]);
    assert_eq!(whole(&store).await[0].link, [0; 32]);
}

#[tokio::test]
async fn records_of_before_a_rotation_are_linked_while_the_old_key_is_given() {
    let server = RedisServer::start(&[]);
    let new = || SecretKey::new("rotated".repeat(8).into(), None).audit_key();
    append(&gateway(&server, audit_key()), "before").await;
    let unaware = gateway(&server, new());
    assert!(!is_linked(&unaware).await);
    let aware = server.store_with("tg", new(), Some(audit_key()));
    append(&aware, "after").await;
    assert_eq!(follow(new(), &whole(&aware).await), Ok(2));
    assert!(is_linked(&unaware).await, "another did it");
}

#[tokio::test]
async fn a_full_server_is_read_and_what_is_old_can_be_dropped() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server, audit_key());
    append_many(&store).await;
    let place = whole(&store).await[99].clone();
    append(&store, "not linked yet").await;
    does(&server, &["CONFIG", "SET", "maxmemory", "1"]);
    let record = AuditRecord::without_call("me", "test.done", "no room", NOW);
    let refused = store.append_audit(&workspace, record).await;
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert_eq!(whole(&store).await.len(), 1_200, "what is linked is read");
    let start = Checkpoint::sealed(&audit_key(), place.sequence, place.link, LogDigest::default());
    assert!(store.begin_audit_after(&workspace, start).await.unwrap());
    store.trim_events(&workspace, 0).await.unwrap();
    store.forget_usage(&workspace, UnixMillis(i64::MAX), 0).await.unwrap();
    does(&server, &["CONFIG", "SET", "maxmemory", "0"]);
    let left = whole(&store).await;
    assert_eq!((left[0].sequence, left.len()), (101, 1_101));
}

#[tokio::test]
async fn who_waits_hears_what_another_gateway_committed() {
    let server = RedisServer::start(&[]);
    let (one, other) = (gateway(&server, audit_key()), gateway(&server, audit_key()));
    let long = Duration::from_secs(600);
    // The first wait looks where the log is.
    heard(other.wait_for_commit(long)).await;
    for _ in 0..3 {
        let three = async {
            tokio::join!(
                other.wait_for_commit(long),
                other.wait_for_commit(long),
                other.wait_for_commit(long)
            )
        };
        tokio::join!(heard(three), tell(&one, 2));
    }
    other.wait_for_commit(Duration::from_millis(1)).await;
    tell(&one, 1).await;
    // Also what was committed before it waits.
    heard(other.wait_for_commit(long)).await;
}

#[tokio::test]
async fn a_server_that_took_over_shows_as_missed_events() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server, audit_key());
    tell(&store, 2).await;
    does(&server, &["HINCRBY", "tg:{default}:seq", "event", "1000000"]);
    tell(&store, 1).await;
    let followed = store.events_after(&workspace, 2, 10).await.unwrap();
    assert_eq!((followed.events[0].sequence, followed.missed), (1_000_003, true));
}

#[tokio::test]
async fn machines_have_one_time_whatever_their_own_clocks_show() {
    let server = RedisServer::start(&[]);
    let machine = |since_boot: i64, wall_off_by: i64| MachineTime {
        boot: String::from("the same, as in a copy of a machine"),
        since_boot,
        wall: UnixMillis(WALL + wall_off_by),
    };
    let (one, other) = (gateway(&server, audit_key()), gateway(&server, audit_key()));
    let offset = one.begin_time(Box::new(move || machine(1_000, 0)), 0).await.unwrap();
    assert_eq!(offset, WALL - 1_000, "it begins as the wall clock's");
    let off = other.begin_time(Box::new(move || machine(900 * HOUR, -HOUR)), 0).await.unwrap();
    let second = 900 * HOUR + off;
    assert!((WALL..WALL + 60_000).contains(&second), "{} behind", WALL - second);

    let keep = async |store: &RedisStore, since_boot: i64, offset: i64| {
        let kept = store.keep_time(Box::new(move || machine(since_boot, 0)), offset, false).await.unwrap();
        kept.offset + since_boot
    };
    let ahead = keep(&one, 1_000 + HOUR, offset).await;
    assert_eq!(ahead, WALL + HOUR, "of this machine an hour went by, so of the store");
    let followed = keep(&other, 900 * HOUR, off).await;
    assert!((WALL + HOUR..WALL + HOUR + 60_000).contains(&followed), "the other goes on with it");
    let third = gateway(&server, audit_key());
    let begun = third.begin_time(Box::new(move || machine(5, -WALL)), 0).await.unwrap() + 5;
    assert!((WALL + HOUR..WALL + HOUR + 60_000).contains(&begun), "and so does a new one");
}

#[tokio::test]
async fn gateways_add_to_the_same_usage() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let gateways = [(); 3].map(|()| Arc::new(gateway(&server, audit_key())));
    let mut work = JoinSet::new();
    for store in gateways.clone() {
        work.spawn(async move {
            for _ in 0..20 {
                let row = taskgate::model::UsageRow {
                    workspace: Workspace::default(),
                    hour: 7,
                    key_id: String::from("k"),
                    user_id: String::from("u"),
                    tool: String::from("ping"),
                    calls: 3,
                    errors: 1,
                    limited: 0,
                    durations: taskgate::model::Durations::from_text("3:2 40:1"),
                };
                store.add_usage(vec![row]).await.unwrap();
            }
        });
    }
    work.join_all().await;
    let query = UsageQuery { since: UnixMillis(0), before_hour: 8, by: UsageBy::Tool, limit: 9, offset: 0 };
    let sum = gateways[1].usage(&workspace, query).await.unwrap().pop().unwrap();
    assert_eq!((sum.calls, sum.errors, sum.durations.to_text().as_str()), (180, 60, "3:120 40:60"));
}
