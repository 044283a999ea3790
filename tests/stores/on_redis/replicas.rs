//! Decisions that replicas have to have before anybody is told of them.

use std::time::{Duration, Instant};

use taskgate::{
    model::Workspace,
    stores::{
        BoardIdentityStore, ClaimStore, StoreError,
        redis::{RedisParts, RedisStore},
    },
};

use super::server::{RedisServer, parts, unused_port};
use crate::fixtures::audit_key;

const LONGEST: Duration = Duration::from_millis(2_500);

struct Pair {
    master: RedisServer,
    port: String,
}

impl Pair {
    fn start() -> Self {
        let port = unused_port().to_string();
        Self { master: RedisServer::start(&["--port", &port, "--repl-diskless-sync-delay", "0"]), port }
    }

    /// A replica that has all there is.
    async fn replica(&self) -> RedisServer {
        let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &self.port]);
        let began = Instant::now();
        while !replica.asked(&["INFO", "replication"]).contains("master_link_status:up") {
            assert!(began.elapsed() < Duration::from_secs(20), "the replica does not follow");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        replica
    }

    fn store(&self, replicas: u32) -> RedisStore {
        let of = parts(&self.master.url(), "tg", audit_key());
        RedisStore::new(RedisParts { replicas, ..of }).unwrap()
    }
}

async fn put(store: &RedisStore, before: Option<&str>, identity: &str) -> Result<bool, StoreError> {
    store.keep_board_identity(&Workspace::default(), before, identity).await
}

/// Waits until a write is confirmed.
async fn until_confirmed(store: &RedisStore) {
    let began = Instant::now();
    while store.confirm(&Workspace::default()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "nothing is confirmed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_too_few_replicas_have_is_told_to_nobody() {
    let pair = Pair::start();
    let (store, careless) = (pair.store(1), pair.store(0));
    let alone = put(&store, None, "first").await;
    assert!(matches!(alone, Err(StoreError::Unsafe)), "{alone:?}");
    let known = careless.board_identity(&Workspace::default()).await.unwrap();
    assert_eq!(known.as_deref(), Some("first"), "it is done all the same");
    let replica = pair.replica().await;
    // A first replica gives the server another name, with which is settled.
    until_confirmed(&store).await;
    let began = Instant::now();
    while !matches!(put(&store, Some("first"), "second").await, Ok(true)) {
        assert!(began.elapsed() < Duration::from_secs(10), "nothing is decided");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(replica.asked(&["INFO", "replication"]).contains("role:slave"));
    replica.signal("-STOP");
    let asked = Instant::now();
    let stopped = put(&store, Some("second"), "third").await;
    assert!(matches!(stopped, Err(StoreError::Unsafe)), "{stopped:?}");
    assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
    // An answer that repeats it is held to the same.
    assert!(matches!(store.confirm(&Workspace::default()).await, Err(StoreError::Unsafe)));
    assert!(careless.confirm(&Workspace::default()).await.is_ok(), "who asks for none waits for none");
    replica.signal("-CONT");
    until_confirmed(&store).await;
    assert!(put(&store, Some("third"), "fourth").await.unwrap());
}

#[tokio::test]
async fn many_who_decide_at_once_wait_for_replicas_together() {
    let pair = Pair::start();
    let _replica = pair.replica().await;
    let store = std::sync::Arc::new(pair.store(1));
    until_confirmed(&store).await;
    let waits = || -> u64 {
        let said = pair.master.asked(&["INFO", "commandstats"]);
        let of_wait =
            said.lines().find_map(|line| line.strip_prefix("cmdstat_wait:calls=")?.split(',').next());
        of_wait.map_or(0, |calls| calls.parse().unwrap())
    };
    let decide = async |round: Option<&'static str>, next: &'static str| {
        let mut deciding = tokio::task::JoinSet::new();
        for number in 0..64 {
            let (store, workspace) = (std::sync::Arc::clone(&store), Workspace::new(&format!("w{number}")));
            deciding.spawn(async move { store.keep_board_identity(&workspace, round, next).await });
        }
        assert!(deciding.join_all().await.into_iter().all(|kept| kept.is_ok_and(|kept| kept)));
    };
    // Each workspace is settled with first, one after the other.
    decide(None, "own").await;
    let before = waits();
    decide(Some("own"), "another").await;
    assert!(waits() - before < 64, "{} questions for 64 decisions", waits() - before);
}
