//! A server that lost what it had acknowledged: it is named, nothing is given twice, and what took rights away is put back.

use std::{sync::Arc, time::Duration};

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{
        AuditRecord, Claim, Effects, KeyChange, KeyOutcome, KeyRecord, MachineTime, Moment, UnixMillis,
        Workspace,
    },
    secrets::{AuditKey, SecretKey},
    stores::{
        AuditLog, ClaimStore, ConditionalWrite, EndedSessions, EventLog, KeyStore, SessionChange, SessionRow,
        SessionStore, SignOut, SignOutStore, StoreError, StoreTime,
        redis::{RedisParts, RedisStore},
    },
};
use tokio::task::JoinSet;

use crate::{
    fixtures::{NOW, STORE, claim, effects},
    on_redis::server::{RedisServer, parts, unused_port},
};

const AOF: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "everysec"];

fn secret() -> SecretKey {
    SecretKey::new("audit".repeat(8).into(), None)
}

fn audit_key() -> AuditKey {
    secret().audit_key()
}

/// Some gateways on one server, each of which follows the events as a gateway does.
struct Gateways {
    stores: Vec<Arc<RedisStore>>,
    follow: JoinSet<()>,
}

impl Gateways {
    async fn on(url: &str, has_identity: bool) -> Self {
        let make = |_| RedisParts { has_identity, ..parts(url, "tg", audit_key()) };
        let stores: Vec<_> = (0..3).map(|n| Arc::new(RedisStore::new(make(n)).unwrap())).collect();
        let mut follow = JoinSet::new();
        for store in stores.clone() {
            // Each begins before the next, and is there.
            store.append_audit(&ws(), AuditRecord::without_call("me", "begun", "", NOW)).await.unwrap();
            follow.spawn(async move {
                let mut last = 0;
                loop {
                    store.wait_for_commit(Duration::from_millis(20)).await;
                    let found = store.events_after(&ws(), last, 500).await;
                    last = found.ok().and_then(|found| Some(found.events.last()?.sequence)).unwrap_or(last);
                }
            });
        }
        let gateways = Self { stores, follow };
        until("all are there", async || gateways.stores[0].instances().await.unwrap_or_default().len() == 3)
            .await;
        gateways
    }

    /// Until each has settled and begun another term.
    async fn settled(&self) {
        for store in &self.stores {
            until("it is settled", async || store.term(&ws()).number > 0).await;
        }
    }

    async fn audited(&self, action: &str) -> Vec<String> {
        let records = self.stores[0].audit_after(&ws(), 0, 1_000).await.unwrap();
        let found = records.into_iter().filter(|entry| entry.record.action == action);
        found.map(|entry| entry.record.target).collect()
    }
}

fn ws() -> Workspace {
    Workspace::default()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A grant, decided on what was read in that term.
fn grant(task: &str, version: i64, generation: i64, term: u64) -> Vec<ConditionalWrite> {
    let claim = Claim { generation, ..claim(task, version) };
    let write = ConditionalWrite {
        claim: Some(claim),
        effects: effects(task, &format!("{version}")),
        term: Some(term),
        ..ConditionalWrite::default()
    };
    vec![write]
}

async fn fresh_key(store: &RedisStore) -> KeyRecord {
    let (record, _) = ApiKey::generate().record(&secret(), NewKey::default(), "test", NOW);
    put(store, record).await
}

async fn put(store: &RedisStore, record: KeyRecord) -> KeyRecord {
    let change = KeyChange { record: record.clone(), effects: Effects::default(), replay: None };
    assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
    record
}

/// What one gateway was told of, and the server is about to lose.
struct Lost {
    key: KeyRecord,
    generation: i64,
}

/// Decisions that are lost: a claim, a revocation, the end of a session and of one of the dashboard.
async fn decide(gateways: &Gateways, key: &KeyRecord) -> Lost {
    let [one, other, third] = [0, 1, 2].map(|n| &gateways.stores[n]);
    let generation = one.term(&ws()).least_generation + 1_000;
    assert_eq!(one.commit_first(&ws(), grant("t1", 2, generation, 0)).await.unwrap(), Some(0));
    let revoked = KeyRecord { revoked_at: Some(NOW), version: key.version + 1, ..key.clone() };
    let key = put(other, revoked).await;
    let session = SessionRow {
        digest: String::from("s"),
        user_id: String::from("u"),
        issued_at: STORE,
        forget_at: STORE.plus(1_000_000),
        ..SessionRow::default()
    };
    let at = Moment { wall: NOW, store: STORE };
    third.change_session(session, SessionChange::End, at, Effects::default()).await.unwrap();
    let ended = EndedSessions::One(String::from("d"));
    let sign_out =
        SignOut { workspace: ws(), holder: String::from("h"), ended, forget_at: STORE.plus(1_000_000) };
    third.sign_out(sign_out, STORE, Effects::default()).await.unwrap();
    Lost { key, generation }
}

/// Whether nothing of it is given again, and what took rights away is there.
async fn nothing_is_given_twice(gateways: &Gateways, lost: &Lost) {
    gateways.settled().await;
    let stores = &gateways.stores;
    for store in stores {
        let late = store.commit_first(&ws(), grant("t1", 2, lost.generation + 1, 0)).await;
        assert!(matches!(late, Err(StoreError::Unsettled)), "decided on what was read before: {late:?}");
        let term = store.term(&ws());
        assert!(term.least_generation > lost.generation, "{term:?} {}", lost.generation);
        let key = store.key(&ws(), &lost.key.id).await.unwrap().unwrap();
        assert_eq!((key.revoked_at, key.version), (Some(NOW), 2), "it stays revoked");
        assert!(store.session(&ws(), "s").await.unwrap().unwrap().ended, "it stays ended");
        assert_eq!(store.sign_outs(&ws(), STORE).await.unwrap().len(), 1, "and signed out");
    }
    let term = stores[1].term(&ws());
    let made = stores[1].commit_first(&ws(), grant("t1", 2, term.least_generation, term.number)).await;
    assert_eq!(made.unwrap(), Some(0), "it is given anew");
    let named = gateways.audited("store.lost").await;
    assert!(!named.is_empty() && named[0].contains("were acknowledged"), "{named:?}");
    assert_eq!(gateways.audited("store.restored").await.len(), 3);
}

#[tokio::test]
async fn what_a_power_cut_took_is_named_and_given_to_nobody_else() {
    let mut server = RedisServer::start(&AOF);
    let gateways = Gateways::on(&server.url(), true).await;
    let key = fresh_key(&gateways.stores[0]).await;
    gateways.stores[0].commit_first(&ws(), grant("t1", 1, 7, 0)).await.unwrap();
    let size = server.log_size();
    let lost = decide(&gateways, &key).await;
    let last = gateways.stores[2].last_event(&ws()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.lose_after(size);
    nothing_is_given_twice(&gateways, &lost).await;
    let followed = gateways.stores[2].events_after(&ws(), last, 100).await.unwrap();
    assert!(followed.missed && followed.events[0].sequence > last + 1_000_000, "who follows reads anew");
}

#[tokio::test]
async fn a_server_that_took_over_too_early_and_runs_late_ends_no_lease_and_gives_nothing_twice() {
    let port = unused_port().to_string();
    let master = RedisServer::start(&["--port", &port, "--repl-diskless-sync-delay", "0"]);
    let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &port]);
    // The first replica gives its master another identity.
    until("the replica follows", async || replica.asked(&["INFO", "replication"]).contains("link_status:up"))
        .await;
    let place = tempfile::tempdir().unwrap();
    let link = place.path().join("socket");
    std::os::unix::fs::symlink(master.socket(), &link).unwrap();
    let gateways = Gateways::on(&format!("redis+unix://{}", link.display()), true).await;
    let machine = |since_boot: i64| MachineTime {
        boot: String::from("b"),
        since_boot,
        wall: UnixMillis(1_900_000_000_000 + since_boot),
    };
    let began = std::time::Instant::now();
    let offset = gateways.stores[0].begin_time(Box::new(move || machine(0)), 0).await.unwrap();
    let now = |began: std::time::Instant| began.elapsed().as_millis() as i64;
    let key = fresh_key(&gateways.stores[0]).await;
    gateways.stores[0].commit_first(&ws(), grant("t1", 1, 7, 0)).await.unwrap();
    until("the replica has it", async || replica.put::<i64>(&["HEXISTS", "tg:{default}:claims", "t1"]) == 1)
        .await;
    replica.does(&["REPLICAOF", "NO", "ONE"]);
    // What scripts make of its clock is what they would make of one that is behind.
    replica.does(&["HINCRBY", "tg:{default}:seq", "offset", "-5000"]);
    let lost = decide(&gateways, &key).await;
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(replica.socket(), &link).unwrap();
    drop(master);
    nothing_is_given_twice(&gateways, &lost).await;
    let since = now(began);
    let kept = gateways.stores[0].keep_time(Box::new(move || machine(since)), offset, false).await.unwrap();
    // A beat may move it by a millisecond, towards the clock that has ticked since it was read.
    assert!(kept.offset.abs_diff(offset) <= 1, "time goes on as it did: {} after {offset}", kept.offset);
    let new = RedisStore::new(parts(&format!("redis+unix://{}", link.display()), "tg", audit_key())).unwrap();
    let begun = new.begin_time(Box::new(move || machine(0)), 0).await.unwrap();
    let behind = offset + now(began) - begun;
    assert!((-100..1_000).contains(&behind), "a new gateway is {behind} ms behind");
}

#[tokio::test]
async fn a_server_whose_name_scripts_cannot_read_is_settled_with_over_each_new_connection() {
    let mut server = RedisServer::start(&AOF);
    let gateways = Gateways::on(&server.url(), false).await;
    let key = fresh_key(&gateways.stores[0]).await;
    gateways.stores[0].commit_first(&ws(), grant("t1", 1, 7, 0)).await.unwrap();
    let size = server.log_size();
    let lost = decide(&gateways, &key).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.lose_after(size);
    nothing_is_given_twice(&gateways, &lost).await;
}

#[tokio::test]
async fn who_has_gone_is_waited_for_two_seconds() {
    let mut server = RedisServer::start(&AOF);
    let mut gateways = Gateways::on(&server.url(), true).await;
    server.kill();
    gateways.follow.abort_all();
    gateways.stores.truncate(1);
    server.start_again();
    let store = &gateways.stores[0];
    let began = std::time::Instant::now();
    let mut refused = 0;
    until("it is settled", async || match store.commit_first(&ws(), grant("t2", 1, 7, 0)).await {
        Err(StoreError::Unsettled) => {
            refused += 1;
            assert!(store.claims(&ws(), None).await.is_ok(), "it can be read all along");
            store.term(&ws()).number > 0
        }
        Err(StoreError::Away(..) | StoreError::Uncertain(_)) => false,
        other => panic!("{other:?}"),
    })
    .await;
    assert!(refused > 1 && began.elapsed() > Duration::from_millis(1_900), "{refused} {:?}", began.elapsed());
}
