//! Keys on a server that others can write to, and that several processes share.

use std::collections::BTreeMap;

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, PreviousKey, StoredHashes, Workspace},
    secrets::SecretKey,
    stores::{KeyFilter, KeyStore, StoreError, redis::RedisStore},
};

use crate::{fixtures::NOW, on_redis::server::RedisServer};

const KEYS: &str = "tg:{default}:keys";

fn secret(current: &str, old: Option<&str>) -> SecretKey {
    SecretKey::new(current.repeat(32).into(), old.map(|old| old.repeat(32).into()))
}

/// A process on that server with those secret keys.
fn process(server: &RedisServer, secret: &SecretKey) -> RedisStore {
    server.store_with("tg", secret.audit_key(), secret.old_audit_key())
}

fn ask<T: redis::FromRedisValue>(server: &RedisServer, words: &[&str]) -> T {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
}

fn fresh(secret: &SecretKey, user: &str) -> (ApiKey, KeyRecord) {
    let key = ApiKey::generate();
    let new = NewKey { user_id: user.to_owned(), ..NewKey::default() };
    let (record, _) = key.record(secret, new, "test", NOW);
    (key, record)
}

async fn put(store: &RedisStore, record: KeyRecord) -> KeyOutcome {
    let change = KeyChange { record, effects: Effects::default(), replay: None };
    store.change_key(change).await.unwrap()
}

fn is_corrupt<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Corrupt(_)))
}

#[tokio::test]
async fn a_row_that_somebody_else_wrote_opens_nothing() {
    let (server, secret) = (RedisServer::start(&[]), secret("a", None));
    let store = process(&server, &secret);
    let ((key, record), (_, other)) = (fresh(&secret, "ana"), fresh(&secret, "ben"));
    let hashes = secret.key_hashes(key.expose());
    for record in [&record, &other] {
        assert_eq!(put(&store, record.clone()).await, KeyOutcome::Done);
    }
    let row: String = ask(&server, &["HGET", KEYS, &record.id]);
    let of_other: String = ask(&server, &["HGET", KEYS, &other.id]);
    let (head, json) = row.rsplit_once('\n').unwrap();
    let macs = head.split_once('\n').unwrap().1;
    let forged = [
        json.replace("\"ana\"", "\"ben\"").as_str(),
        json.replace("board:read", "admin,board:read").as_str(),
        "{",
    ]
    .map(|json| format!("{head}\n{json}"));
    let cut = [String::from(json), format!("1\n{}\n{json}", macs.replace(char::is_numeric, "0"))];
    for forged in forged.into_iter().chain(cut).chain([of_other]) {
        assert_ne!(forged, row);
        ask::<i64>(&server, &["HSET", KEYS, &record.id, &forged]);
        let workspace = Workspace::default();
        // By a MAC under a name of nobody here it is another's.
        let by_hash = store.key_by_hash(hashes).await;
        assert!(is_corrupt(by_hash.clone()) || by_hash.unwrap().is_none(), "{forged}");
        let by_id = store.key(&workspace, &record.id).await;
        assert!(is_corrupt(by_id.clone()) || !by_id.unwrap().unwrap().is_live(NOW), "{forged}");
    }
    ask::<i64>(&server, &["HSET", KEYS, &record.id, &row]);
    assert!(store.key_by_hash(hashes).await.unwrap().unwrap().is_live(NOW));
    ask::<i64>(&server, &["HSET", KEYS, &record.id, &row.replace("\"ana\"", "\"ben\"")]);
    assert!(is_corrupt(store.keys(&Workspace::default(), KeyFilter::default()).await));
    let change =
        KeyChange { record: KeyRecord { version: 2, ..record }, effects: Effects::default(), replay: None };
    assert!(is_corrupt(store.change_key(change).await), "nor is it written over");
}

#[tokio::test]
async fn keys_outlive_the_rotation_of_the_secret_key() {
    let server = RedisServer::start(&[]);
    let [first, next_given, rotated, second] = [("a", None), ("a", Some("b")), ("b", Some("a")), ("b", None)]
        .map(|(current, old)| secret(current, old));
    let ((used_key, used), (idle_key, idle)) = (fresh(&first, "ana"), fresh(&first, "ben"));
    let store = process(&server, &first);
    for record in [&used, &idle] {
        assert_eq!(put(&store, record.clone()).await, KeyOutcome::Done);
    }
    for secret in [&next_given, &rotated] {
        let store = process(&server, secret);
        for key in [&used_key, &idle_key] {
            let found = store.key_by_hash(secret.key_hashes(key.expose())).await.unwrap();
            assert!(found.unwrap().is_live(NOW));
        }
    }
    let store = process(&server, &next_given);
    let mut learnt = store.key(&Workspace::default(), &used.id).await.unwrap().unwrap();
    assert!(learnt.learn(next_given.key_hashes(used_key.expose())).is_some());
    learnt.version += 1;
    assert_eq!(put(&store, learnt).await, KeyOutcome::Done);
    let store = process(&server, &second);
    let found = store.key_by_hash(second.key_hashes(used_key.expose())).await.unwrap();
    assert!(found.unwrap().is_live(NOW), "it was used while both were known");
    assert!(store.key_by_hash(second.key_hashes(idle_key.expose())).await.unwrap().is_none());
    let old_text = first.key_hashes(idle_key.expose());
    assert!(store.key_by_hash(old_text).await.unwrap().is_none(), "whose row it is cannot be told any more");
    let listed = store.keys(&Workspace::default(), KeyFilter::default()).await.unwrap();
    let live: BTreeMap<_, _> = listed.iter().map(|key| (key.user_id.as_str(), key.is_live(NOW))).collect();
    assert_eq!(live, BTreeMap::from([("ana", true), ("ben", false)]), "and is listed all the same");
    let shown = listed.iter().find(|key| key.user_id == "ben").unwrap();
    assert_eq!(shown.scopes.to_string(), "");
    assert!(process(&server, &first).key_by_hash(old_text).await.unwrap().unwrap().is_live(NOW));
}

#[tokio::test]
async fn of_two_processes_one_makes_the_first_key_and_one_changes_a_key() {
    let (server, secret) = (RedisServer::start(&[]), secret("a", None));
    let processes = [process(&server, &secret), process(&server, &secret)];
    let [(_, one), (_, two)] = [fresh(&secret, "ana"), fresh(&secret, "ben")];
    for store in &processes {
        assert!(store.wants_first_key().await.unwrap());
    }
    let made = tokio::join!(
        processes[0].create_first_key(one.clone(), Effects::default()),
        processes[1].create_first_key(two, Effects::default())
    );
    assert_eq!(u8::from(made.0.unwrap()) + u8::from(made.1.unwrap()), 1);
    assert!(processes[0].wants_first_key().await.unwrap(), "until somebody has it");
    processes[1].first_key_handed_over().await.unwrap();
    assert!(!processes[0].create_first_key(one, Effects::default()).await.unwrap());
    let listed = processes[0].keys(&Workspace::default(), KeyFilter::default()).await.unwrap();
    let [record] = &listed[..] else { panic!("{listed:?}") };
    let next = |text: u8| {
        let previous = Some(PreviousKey { hashes: record.hashes.clone(), until: NOW, is_over: false });
        KeyRecord { version: 2, hashes: StoredHashes::new(vec![[text; 32]]), previous, ..record.clone() }
    };
    let outcomes = tokio::join!(put(&processes[0], next(1)), put(&processes[1], next(2)));
    let (winner, loser) = if outcomes.0 == KeyOutcome::Done { (1, 2) } else { (2, 1) };
    assert!(
        outcomes == (KeyOutcome::Done, KeyOutcome::Changed)
            || outcomes == (KeyOutcome::Changed, KeyOutcome::Done)
    );
    let found = async |hash: u8| {
        processes[0].key_by_hash(KeyHashes { current: [hash; 32], old: None }).await.unwrap()
    };
    assert!(found(winner).await.is_some());
    assert!(found(loser).await.is_none(), "what was only written to find it by opens nothing");
}

#[tokio::test]
async fn what_a_newer_version_keeps_of_a_key_stays() {
    let (server, secret) = (RedisServer::start(&[]), secret("a", None));
    let (store, (_, record)) = (process(&server, &secret), fresh(&secret, "ana"));
    assert_eq!(put(&store, record.clone()).await, KeyOutcome::Done);
    let row: String = ask(&server, &["HGET", KEYS, &record.id]);
    let (_, json) = row.rsplit_once('\n').unwrap();
    let json = json.replacen('{', r#"{"only_from":["10.0.0.0/8"],"#, 1);
    let key = secret.audit_key();
    let mac = key.row_mac(&["default", &record.id, &json]);
    let newer = format!("1\n{}:{}\n{json}", key.name(), taskgate::model::hex(&mac));
    ask::<i64>(&server, &["HSET", KEYS, &record.id, &newer]);
    assert_eq!(
        put(&store, KeyRecord { version: 2, revoked_at: Some(NOW), ..record.clone() }).await,
        KeyOutcome::Done
    );
    let row: String = ask(&server, &["HGET", KEYS, &record.id]);
    assert!(row.contains(r#""only_from":["10.0.0.0/8"]"#), "{row}");
    assert!(store.key(&Workspace::default(), &record.id).await.unwrap().unwrap().revoked_at.is_some());
}

#[tokio::test]
async fn what_keys_are_found_by_is_the_keys_word_alone() {
    let (server, secret) = (RedisServer::start(&[]), secret("a", None));
    let (store, (key, record)) = (process(&server, &secret), fresh(&secret, "ana"));
    assert_eq!(put(&store, record.clone()).await, KeyOutcome::Done);
    let hashes = secret.key_hashes(key.expose());
    let names: Vec<String> = ask(&server, &["KEYS", "tg:k:*"]);
    let [name] = &names[..] else { panic!("{names:?}") };
    assert_eq!(ask::<i64>(&server, &["PTTL", name]), -1, "nothing is left to an expiry");
    let another = KeyHashes { current: [7; 32], old: None };
    let planted = format!("tg:k:{}", "07".repeat(16));
    for place in [format!("default\n{}", record.id), String::from("default\nnobody"), String::from("nothing")]
    {
        ask::<()>(&server, &["SET", &planted, &place]);
        assert!(store.key_by_hash(another).await.unwrap().is_none());
    }
    for version in 2..=4 {
        let before = store.key(&Workspace::default(), &record.id).await.unwrap().unwrap();
        let previous = Some(PreviousKey { hashes: before.hashes.clone(), until: NOW, is_over: true });
        let hashes = StoredHashes::new(vec![[version as u8; 32]]);
        assert_eq!(put(&store, KeyRecord { version, hashes, previous, ..before }).await, KeyOutcome::Done);
    }
    let names: Vec<String> = ask(&server, &["KEYS", "tg:k:*"]);
    assert_eq!(names.len(), 3, "two texts, and what was planted: {names:?}");
    assert!(store.key_by_hash(hashes).await.unwrap().is_none());
    let dump = ask::<Vec<String>>(&server, &["HVALS", KEYS]).concat();
    assert!(!dump.contains(key.expose()));
}
