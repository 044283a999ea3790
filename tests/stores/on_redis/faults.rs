//! A server that stands still, is killed or becomes a replica: who asks is answered within 1.2 s, and served again within one.

use std::time::{Duration, Instant};

use taskgate::{
    model::Workspace,
    stores::{BoardIdentityStore, StoreError, redis::RedisStore},
};

use crate::{fixtures::audit_key, on_redis::server::RedisServer};

const LONGEST: Duration = Duration::from_millis(1_200);

fn store_on(server: &RedisServer) -> RedisStore {
    server.store("tg", audit_key())
}

async fn write(store: &RedisStore, identity: &str) -> Result<bool, StoreError> {
    let workspace = Workspace::default();
    let before = store.board_identity(&workspace).await?;
    store.keep_board_identity(&workspace, before.as_deref(), identity).await
}

/// Asks until the answer is the one that is waited for; each has to come in time.
async fn within_a_second(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    loop {
        let asked = Instant::now();
        if ask().await {
            return;
        }
        // Two commands, each with a bound of its own.
        assert!(asked.elapsed() < 2 * LONGEST, "{what}: {:?}", asked.elapsed());
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What one read is answered, which has to be in time.
async fn refused_in_time(store: &RedisStore) -> String {
    let asked = Instant::now();
    let error = store.board_identity(&Workspace::default()).await.unwrap_err();
    assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
    match error {
        StoreError::Away(_, cause) | StoreError::Replaced(cause) => cause.to_string(),
        StoreError::Newer { .. } => error.to_string(),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_server_that_stands_still_holds_nobody_up_and_is_used_again() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server);
    assert!(write(&store, "first").await.unwrap());
    server.signal("-STOP");
    for _ in 0..4 {
        assert!(refused_in_time(&store).await.contains("does not answer"));
    }
    server.signal("-CONT");
    within_a_second("it goes on", async || store.board_identity(&Workspace::default()).await.is_ok()).await;
    assert!(write(&store, "second").await.unwrap());
}

#[tokio::test]
async fn a_server_that_was_killed_is_said_to_be_gone_and_found_again_with_what_it_kept() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = store_on(&server);
    assert!(write(&store, "kept").await.unwrap());
    server.kill();
    let mut said = String::new();
    within_a_second("it is noticed", async || {
        said = refused_in_time(&store).await;
        said.contains("no connection to Redis can be made")
    })
    .await;
    within_a_second("it is known", async || {
        store.fault().is_some_and(|fault| fault.to_string().contains("no connection to Redis"))
    })
    .await;
    server.start_again();
    within_a_second("it is back", async || store.board_identity(&Workspace::default()).await.is_ok()).await;
    assert_eq!(store.board_identity(&Workspace::default()).await.unwrap().as_deref(), Some("kept"));
    assert!(write(&store, "written since").await.unwrap(), "its scripts are loaded anew");
    assert!(store.fault().is_none());
}

#[tokio::test]
async fn a_replica_is_not_written_to_and_one_that_was_promoted_is() {
    let server = RedisServer::start(&[]);
    let store = store_on(&server);
    assert!(write(&store, "first").await.unwrap());
    server.does(&["REPLICAOF", "127.0.0.1", "1"]);
    within_a_second("it is noticed", async || match write(&store, "second").await {
        Err(StoreError::Away(_, cause)) => cause.to_string().contains("is a replica"),
        other => panic!("{other:?}"),
    })
    .await;
    server.does(&["REPLICAOF", "NO", "ONE"]);
    within_a_second("it is promoted", async || write(&store, "third").await.is_ok()).await;
    assert_eq!(store.board_identity(&Workspace::default()).await.unwrap().as_deref(), Some("third"));
}

#[tokio::test]
async fn a_server_that_was_emptied_or_exchanged_is_not_begun_on() {
    let mut server = RedisServer::start(&[]);
    let store = store_on(&server);
    assert!(write(&store, "first").await.unwrap());
    server.does(&["FLUSHALL"]);
    // Not even by who writes before anybody looked.
    let refused = store.keep_board_identity(&Workspace::default(), None, "second").await;
    let Err(StoreError::Replaced(cause)) = refused else { panic!("{refused:?}") };
    assert!(cause.to_string().contains("was emptied"), "{cause}");
    let is_refused = async || store.board_identity(&Workspace::default()).await.is_err();
    within_a_second("it is known", is_refused).await;
    server.does(&["HSET", "tg:meta", "id", "another", "schema", "1"]);
    assert!(refused_in_time(&store).await.contains("was emptied"));
    let newly_begun = store_on(&server);
    assert!(write(&newly_begun, "second").await.unwrap());
    server.kill();
    server.start_again();
    server.does(&["HSET", "tg:meta", "schema", "2"]);
    let newer = store_on(&server);
    within_a_second("it is looked at", async || newer.board_identity(&Workspace::default()).await.is_err())
        .await;
    assert!(refused_in_time(&newer).await.contains("run the newer taskgate"));
}
