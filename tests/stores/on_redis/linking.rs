//! Who links the audit log of a Redis server, and what is made of records that are none of ours.

use taskgate::{
    model::{AuditRecord, SecretFit, StoreMillis, Workspace},
    secrets::SecretKey,
    stores::{AuditLog, KeyStore, LinkTurn, Linking, Store, redis::RedisStore},
};

use super::server::RedisServer;
use crate::fixtures::{NOW, audit_key};

fn gateway(server: &RedisServer) -> RedisStore {
    server.store_with("tg", audit_key(), None)
}

async fn append(store: &RedisStore) {
    let record = AuditRecord::without_call("me", "test.done", "target", NOW);
    store.append_audit(&Workspace::default(), record).await.unwrap();
}

/// What a gateway finds that asks for the turn at that second, for five.
async fn asks(store: &RedisStore, by: &str, second: i64) -> Linking {
    asks_for(store, by, second, 5_000).await
}

async fn asks_for(store: &RedisStore, by: &str, second: i64, lasts_millis: i64) -> Linking {
    let turn = LinkTurn { by, now: StoreMillis(second * 1_000), lasts_millis };
    store.link_audit(&Workspace::default(), turn).await.unwrap().unwrap()
}

#[tokio::test]
async fn one_gateway_links_until_it_is_silent_for_five_seconds_or_leaves() {
    let server = RedisServer::start(&[]);
    let (a, b) = (gateway(&server), gateway(&server));
    append(&a).await;
    let first = asks(&a, "a", 100).await;
    assert_eq!((first.newest, first.linked, first.others_millis), (1, 1, None));
    append(&a).await;
    let other = asks(&b, "b", 101).await;
    assert_eq!((other.newest, other.linked, other.others_millis), (2, 1, Some(4_000)));
    let again = asks(&a, "a", 102).await;
    assert_eq!((again.linked, again.others_millis), (2, None), "who has the turn keeps it");
    assert_eq!(asks(&b, "b", 103).await.others_millis, Some(4_000));
    append(&a).await;
    let followed = asks(&b, "b", 107).await;
    assert_eq!((followed.linked, followed.others_millis), (3, None), "the other was silent");
    assert_eq!(asks(&a, "a", 108).await.others_millis, Some(4_000));
    append(&a).await;
    let left = asks_for(&b, "b", 109, 0).await;
    assert_eq!((left.linked, left.others_millis), (4, None));
    assert_eq!(asks(&a, "a", 109).await.others_millis, None, "nobody waits for who left");
    assert!(a.epoch() > 0 && a.is_elsewhere());
}

#[tokio::test]
async fn a_turn_of_a_time_that_is_far_off_holds_nobody_up() {
    let server = RedisServer::start(&[]);
    let store = gateway(&server);
    append(&store).await;
    assert_eq!(asks(&store, "ahead", 1_000_000).await.others_millis, None);
    append(&store).await;
    let behind = asks(&store, "behind", 100).await;
    assert_eq!((behind.linked, behind.others_millis), (2, None));
}

#[tokio::test]
async fn a_record_of_nobody_is_named_by_its_place_and_nothing_behind_it_is_linked() {
    let server = RedisServer::start(&[]);
    let store = gateway(&server);
    append(&store).await;
    server.does(&["HINCRBY", "tg:{default}:seq", "audit", "1"]);
    server.does(&["XADD", "tg:{default}:audit", "2-0", "r", "{}", "m", "no such"]);
    append(&store).await;
    for _ in 0..2 {
        let found = asks(&store, "a", 100).await;
        assert_eq!((found.newest, found.linked, found.doubted), (3, 1, Some(2)));
    }
}

#[tokio::test]
async fn a_full_server_is_told_of_with_what_has_no_link() {
    let server = RedisServer::start(&[]);
    let store = gateway(&server);
    append(&store).await;
    server.does(&["CONFIG", "SET", "maxmemory", "1"]);
    let found = asks(&store, "a", 100).await;
    assert_eq!((found.newest, found.linked, found.doubted), (1, 0, None));
    assert!(found.failed.is_some());
    server.does(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(asks(&store, "a", 101).await.linked, 1);
}

/// All that is kept but who is there.
fn kept(server: &RedisServer) -> Vec<(String, Vec<u8>)> {
    let mut names: Vec<String> = server.put(&["KEYS", "*"]);
    names.retain(|name| !name.ends_with(":live"));
    names.sort();
    names.into_iter().map(|name| (name.clone(), server.put(&["DUMP", &name]))).collect()
}

#[tokio::test]
async fn another_secret_key_is_found_before_anything_is_written() {
    let server = RedisServer::start(&[]);
    let key = |text: &str| SecretKey::new(text.repeat(8).into(), None);
    let store = gateway(&server);
    assert_eq!(store.check_secret(key("ours").check()).await.unwrap(), SecretFit::Fits);
    append(&store).await;
    let before = kept(&server);
    let other = server.store_with("tg", key("another").audit_key(), None);
    assert!(other.secret_check().await.unwrap().is_some());
    assert_eq!(other.check_secret(key("another").check()).await.unwrap(), SecretFit::Another);
    assert_eq!(kept(&server), before);
}
