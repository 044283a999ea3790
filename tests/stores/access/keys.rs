//! Keys: found by any hash, changed under their version, made once for an idempotency key.

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{
        Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, PreviousKey, Replay, Scope, SealedToken,
        SecretFit, StoreMillis, StoredHashes, UnixMillis, Workspace,
    },
    secrets::SecretKey,
    stores::{KeyFilter, KeysByEnd, Store},
};

use crate::fixtures::{NOW, STORE};

fn only(current: [u8; 32]) -> KeyHashes {
    KeyHashes { current, old: None }
}

pub async fn keys_are_found_by_hash_and_revoked_once(store: &dyn Store) {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let key = ApiKey::generate();
    let new = NewKey { user_id: String::from("u"), expires_at: Some(NOW.plus(10)), ..NewKey::default() };
    let (record, entailed) = key.record(&secret, new, "test", NOW);
    let id = record.id.clone();
    assert!(store.create_first_key(record.clone(), entailed).await.unwrap());
    assert!(store.wants_first_key().await.unwrap(), "it was not handed over");
    store.first_key_handed_over().await.unwrap();
    assert!(!store.wants_first_key().await.unwrap());
    let (second, _) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
    assert!(!store.create_first_key(second, Effects::default()).await.unwrap());
    let found = store.key_by_hash(secret.key_hashes(key.expose())).await.unwrap().unwrap();
    assert!(found.is_live(NOW) && !found.is_live(NOW.plus(10)) && found.user_id == "u");
    assert!(store.key_by_hash(only([0; 32])).await.unwrap().is_none());
    let under_the_old = KeyHashes { current: [0; 32], old: Some(record.hashes.as_slice()[0]) };
    assert!(store.key_by_hash(under_the_old).await.unwrap().unwrap().is_live(NOW));
    let workspace = Workspace::default();
    assert!(store.key(&Workspace::new("other"), &id).await.unwrap().is_none());
    let next = |change: fn(&mut KeyRecord)| {
        let mut record = KeyRecord { version: 2, ..record.clone() };
        change(&mut record);
        KeyChange { record, effects: Effects::default(), replay: None }
    };
    let rotated = |record: &mut KeyRecord| {
        let hashes = std::mem::replace(&mut record.hashes, StoredHashes::new(vec![[7; 32], [8; 32]]));
        record.previous = Some(PreviousKey { hashes, until: NOW.plus(5), is_over: false });
    };
    assert_eq!(store.change_key(next(rotated)).await.unwrap(), KeyOutcome::Done);
    assert_eq!(store.change_key(next(rotated)).await.unwrap(), KeyOutcome::Changed, "another was quicker");
    let old = store.key_by_hash(secret.key_hashes(key.expose())).await.unwrap().unwrap();
    assert!(old.is_live(NOW) && !old.is_live(NOW.plus(5)), "the key before works for its time of grace");
    for hash in [[7; 32], [8; 32]] {
        assert!(
            store.key_by_hash(only(hash)).await.unwrap().unwrap().is_live(NOW.plus(5)),
            "each hash finds it"
        );
    }
    store
        .count_uses(&Workspace::default(), vec![(id.clone(), 3, NOW), (id.clone(), 2, NOW.plus(1))])
        .await
        .unwrap();
    let mut revoked = next(|record| record.revoked_at = Some(NOW));
    revoked.record.version = 3;
    assert_eq!(store.change_key(revoked).await.unwrap(), KeyOutcome::Done);
    let found = store.key(&workspace, &id).await.unwrap().unwrap();
    assert_eq!((found.is_live(NOW), found.uses, found.last_used_at), (false, 5, Some(NOW.plus(1))));
    let filter = |unrevoked| KeyFilter { unrevoked, ..KeyFilter::default() };
    assert_eq!(store.keys(&workspace, filter(false)).await.unwrap().len(), 1);
    assert!(store.keys(&workspace, filter(true)).await.unwrap().is_empty());
}

pub async fn keys_come_in_parts_by_their_ends(store: &dyn Store) {
    let (workspace, secret) = (Workspace::new("by-end"), SecretKey::new("k".repeat(32).into(), None));
    let make = async |place: i64, (description, user, ends, is_revoked): (&str, &str, Option<i64>, bool)| {
        let new = NewKey {
            user_id: user.to_owned(),
            description: description.to_owned(),
            expires_at: ends.map(|millis| NOW.plus(millis)),
            ..NewKey::default()
        };
        let (mut record, effects) = ApiKey::generate().record(&secret, new, "test", NOW.plus(place));
        record.workspace = workspace.clone();
        record.revoked_at = is_revoked.then_some(NOW);
        let made = store.change_key(KeyChange { record, effects, replay: None }).await.unwrap();
        assert_eq!(made, KeyOutcome::Done);
    };
    for (place, key) in [
        ("never", "ana", None, false),
        ("late", "ana", Some(90), false),
        ("revoked", "ana", Some(1), true),
        ("never either", "ben", None, false),
        ("soon", "ben", Some(5), false),
        ("over", "ana", Some(-5), false),
    ]
    .into_iter()
    .enumerate()
    {
        make(place as i64, key).await;
    }
    let part = async |user: Option<&str>, offset, limit| {
        let asked = KeysByEnd { user_id: user.map(String::from), offset, limit };
        let part = store.keys_by_end(&workspace, asked).await.unwrap();
        let descriptions: Vec<_> = part.keys.into_iter().map(|key| key.description).collect();
        (descriptions.join(", "), part.total)
    };
    let whole = "over, soon, late, never, never either";
    assert_eq!(part(None, 0, 10).await, (String::from(whole), 5));
    assert_eq!(part(None, 1, 2).await, (String::from("soon, late"), 5));
    assert_eq!(part(None, 5, 2).await, (String::new(), 5), "behind the last one the count is there still");
    assert_eq!(part(Some("ana"), 0, 10).await, (String::from("over, late, never"), 3));
    assert_eq!(part(Some("an"), 0, 10).await, (String::new(), 0));
}

pub async fn the_secret_key_is_the_one_the_records_were_made_under(store: &dyn Store) {
    let pair =
        |current: u8, old: Option<u8>| KeyHashes { current: [current; 32], old: old.map(|old| [old; 32]) };
    let check = |current, old| store.check_secret(pair(current, old));
    assert_eq!(store.secret_check().await.unwrap(), None);
    assert_eq!(check(1, None).await.unwrap(), SecretFit::Fits);
    assert_eq!(check(2, None).await.unwrap(), SecretFit::Another);
    assert_eq!(check(2, Some(3)).await.unwrap(), SecretFit::Another);
    assert_eq!(check(1, Some(2)).await.unwrap(), SecretFit::Fits, "the next one may be given first");
    assert_eq!(check(2, Some(1)).await.unwrap(), SecretFit::Rotated);
    assert_eq!(check(1, None).await.unwrap(), SecretFit::Another);
    assert_eq!(check(2, None).await.unwrap(), SecretFit::Fits);
    assert_eq!(store.secret_check().await.unwrap(), Some([2; 32]));
}

pub async fn an_answer_is_kept_for_a_day_with_the_change_it_belongs_to(store: &dyn Store) {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let workspace = Workspace::default();
    let replay = |asked: u8| {
        let until = STORE.plus(Replay::KEPT_MILLIS);
        Replay { name: String::from("once"), asked: vec![asked], sealed: vec![asked], until }
    };
    let make = |asked| {
        let (record, effects) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
        KeyChange { record, effects, replay: Some(replay(asked)) }
    };
    let before = store.keys(&workspace, KeyFilter::default()).await.unwrap().len();
    assert_eq!(store.change_key(make(1)).await.unwrap(), KeyOutcome::Done);
    assert_eq!(store.change_key(make(2)).await.unwrap(), KeyOutcome::Repeated(replay(1)));
    assert_eq!(store.keys(&workspace, KeyFilter::default()).await.unwrap().len(), before + 1);
    let kept = |after| store.replay(&workspace, "once", STORE.plus(after));
    assert_eq!(kept(Replay::KEPT_MILLIS - 1).await.unwrap(), Some(replay(1)));
    assert_eq!(kept(Replay::KEPT_MILLIS).await.unwrap(), None);
    store.forget_replays(&workspace, STORE.plus(Replay::KEPT_MILLIS)).await.unwrap();
    assert_eq!(kept(0).await.unwrap(), None);
}

pub async fn a_key_keeps_all_that_was_given(store: &dyn Store) {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let (record, _) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
    let record = KeyRecord {
        hashes: StoredHashes::new(vec![[1; 32], [2; 32], [3; 32], [4; 32]]),
        description: String::from("two\nlines, \u{1f511} and \"quotes\""),
        user_id: String::from("{default}:k\u{0}"),
        scopes: [Scope::Admin, Scope::PrRead].into_iter().collect(),
        expires_at: Some(UnixMillis(i64::MAX)),
        revoked_at: None,
        sealed_github_token: Some(SealedToken { sealed: (0..=255).collect(), version: 1 }),
        github_token_prefix: Some(String::from("ghp_")),
        github_login: Some(String::from("octo")),
        github_host: Some(String::from("github.com")),
        rate_limit: Some(u32::MAX),
        turn: 9_007_199_254_740_993,
        previous: Some(PreviousKey { hashes: StoredHashes::new(vec![[5; 32]]), until: NOW, is_over: true }),
        noticed_at: Some(NOW),
        telling_until: Some(StoreMillis(-7)),
        ..record
    };
    let change = KeyChange { record: record.clone(), effects: Effects::default(), replay: None };
    assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
    let stored = store.key(&record.workspace, &record.id).await.unwrap().unwrap();
    assert_eq!(format!("{stored:?}"), format!("{record:?}"));
    for hash in [1, 2, 3, 4] {
        let found = store.key_by_hash(only([hash; 32])).await.unwrap().unwrap();
        assert_eq!(found.expires_at, Some(UnixMillis(i64::MAX)));
    }
    let found = store.key_by_hash(KeyHashes { current: [9; 32], old: Some([5; 32]) }).await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.expires_at), (record.id.as_str(), Some(NOW)));
    assert!(!store.wants_first_key().await.unwrap(), "there is a key");
}

pub async fn a_text_that_was_replaced_twice_opens_nothing(store: &dyn Store) {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let (record, _) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
    let rotated = |version: i64, before: Option<u8>| KeyRecord {
        hashes: StoredHashes::new(vec![[version as u8; 32]]),
        previous: before.map(|hash| PreviousKey {
            hashes: StoredHashes::new(vec![[hash; 32]]),
            until: NOW.plus(1_000),
            is_over: false,
        }),
        version,
        ..record.clone()
    };
    for (version, before) in [(1, None), (2, Some(1)), (3, Some(2))] {
        let change =
            KeyChange { record: rotated(version, before), effects: Effects::default(), replay: None };
        assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
    }
    let found = async |hash| store.key_by_hash(only([hash; 32])).await.unwrap().map(|key| key.expires_at);
    assert_eq!(found(1).await, None);
    assert_eq!((found(2).await, found(3).await), (Some(Some(NOW.plus(1_000))), Some(None)));
    let revoked = KeyRecord { revoked_at: Some(NOW), previous: None, ..rotated(4, None) };
    let revoked = KeyRecord { hashes: StoredHashes::new(vec![[3; 32]]), ..revoked };
    let change = KeyChange { record: revoked, effects: Effects::default(), replay: None };
    assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
    assert_eq!((found(2).await, found(3).await), (None, Some(None)));
    assert!(!store.key_by_hash(only([3; 32])).await.unwrap().unwrap().is_live(NOW));
}
