//! Keys, the audit log and usage.

use crate::{NOW, STORE, Store, audit_key};
use taskgate::{
    auth::{ApiKey, NewKey},
    model::{
        AuditRecord, Durations, Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, PreviousKey, Replay,
        SecretFit, StoredHashes, UnixMillis, UsageRow, Workspace,
    },
    secrets::{ChainCheck, ChainKeys, Checkpoint, Head, LogDigest, SecretKey},
    stores::{AuditFilter, KeyFilter, UsageBy, UsageQuery},
};

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
    store.count_uses(vec![(id.clone(), 3, NOW), (id.clone(), 2, NOW.plus(1))]).await.unwrap();
    let mut revoked = next(|record| record.revoked_at = Some(NOW));
    revoked.record.version = 3;
    assert_eq!(store.change_key(revoked).await.unwrap(), KeyOutcome::Done);
    let found = store.key(&workspace, &id).await.unwrap().unwrap();
    assert_eq!((found.is_live(NOW), found.uses, found.last_used_at), (false, 5, Some(NOW.plus(1))));
    let filter = |unrevoked| KeyFilter { unrevoked, ..KeyFilter::default() };
    assert_eq!(store.keys(&workspace, filter(false)).await.unwrap().len(), 1);
    assert!(store.keys(&workspace, filter(true)).await.unwrap().is_empty());
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
    store.forget_replays(STORE.plus(Replay::KEPT_MILLIS)).await.unwrap();
    assert_eq!(kept(0).await.unwrap(), None);
}

pub async fn audit_records_are_linked_and_found(store: &dyn Store) {
    let key = audit_key();
    let workspace = Workspace::default();
    for target in ["a", "b"] {
        let record = AuditRecord {
            actor: String::from("me"),
            action: "test.done".into(),
            target: target.to_owned(),
            request_id: String::from("r"),
            at: NOW,
        };
        store.append_audit(&workspace, record).await.unwrap();
    }
    let last = store.last_audit().await.unwrap().unwrap();
    let head = Head { sequence: last.sequence, link: last.link };
    let keys = ChainKeys { current: key.clone(), old: None };
    let mut check = ChainCheck::new(keys.clone(), Some(head.clone()), None, &[]);
    for entry in store.audit_after(0, 10_000).await.unwrap() {
        check.follow(&entry).unwrap();
    }
    assert_eq!(check.end(), Ok(last.sequence));
    let filter = AuditFilter { action: Some(String::from("test.")), ..AuditFilter::default() };
    let found = store.audit(&workspace, filter, 10).await.unwrap();
    assert_eq!(found.iter().map(|entry| &*entry.record.target).collect::<Vec<_>>(), ["b", "a"]);
    assert!(store.audit(&Workspace::new("other"), AuditFilter::default(), 10).await.unwrap().is_empty());
    assert_eq!(store.first_audit_since(NOW.plus(1)).await.unwrap(), None);
    assert_eq!(store.first_audit_since(UnixMillis(0)).await.unwrap(), Some(1));
    assert_eq!(store.audit_start().await.unwrap(), None);
    let entries = store.audit_after(0, 10_000).await.unwrap();
    let mut digest = LogDigest::default();
    let kept = entries.len() - 1;
    digest.follow_all(&entries[..kept]);
    let start = Checkpoint::sealed(&key, entries[kept - 1].sequence, entries[kept - 1].link, digest);
    let elsewhere = Checkpoint { link: [0; 32], ..start.clone() };
    assert!(!store.begin_audit_after(elsewhere).await.unwrap(), "the log has no such record");
    assert!(store.begin_audit_after(start.clone()).await.unwrap());
    assert!(!store.begin_audit_after(start.clone()).await.unwrap(), "it begins there already");
    assert_eq!(store.audit_start().await.unwrap(), Some(start.clone()));
    let mut check = ChainCheck::new(keys, Some(head), Some(start), &[]);
    for entry in store.audit_after(i64::MIN, 10_000).await.unwrap() {
        check.follow(&entry).unwrap();
    }
    assert_eq!(check.end(), Ok(last.sequence));
}

pub async fn usage_adds_up_and_is_forgotten(store: &dyn Store) {
    let workspace = Workspace::default();
    let row = |hour| {
        let mut durations = Durations::default();
        durations.add(std::time::Duration::from_millis(2));
        UsageRow {
            workspace: workspace.clone(),
            hour,
            key_id: String::from("k"),
            user_id: String::from("u"),
            tool: String::from("ping"),
            calls: 2,
            errors: 1,
            limited: 3,
            durations,
        }
    };
    store.add_usage(vec![row(1), row(2)]).await.unwrap();
    store.add_usage(vec![row(2)]).await.unwrap();
    store.add_usage(vec![UsageRow { key_id: String::from("other"), calls: 1, ..row(2) }]).await.unwrap();
    let sums = async |hour: i64, by, offset| {
        let query = UsageQuery { since: UnixMillis(hour * 3_600_000), by, limit: 1, offset };
        let sums = store.usage(&workspace, query).await.unwrap();
        sums.into_iter().map(|sum| (sum.name, sum.calls, sum.errors, sum.busiest_hour)).collect::<Vec<_>>()
    };
    let named = |name: &str, calls, errors, busiest| [(name.to_owned(), calls, errors, Some(busiest))];
    assert_eq!(sums(0, UsageBy::Key, 0).await, named("k", 6, 3, (2, 4)), "most calls first");
    assert_eq!(sums(0, UsageBy::Key, 1).await, named("other", 1, 1, (2, 1)));
    assert_eq!(sums(0, UsageBy::Key, 2).await, []);
    assert_eq!(sums(2, UsageBy::User, 0).await, named("u", 5, 3, (2, 5)));
    assert_eq!(sums(0, UsageBy::Tool, 0).await, named("ping", 7, 4, (2, 5)));
    store.forget_usage(UnixMillis(0), 2).await.unwrap();
    assert_eq!(
        sums(0, UsageBy::Key, 0).await,
        named("k", 4, 2, (2, 4)),
        "the oldest rows beyond the most go first"
    );
}
