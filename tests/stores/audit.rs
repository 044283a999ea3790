//! The audit log: a chain that the key alone can make, and a part of it that is archived.

use taskgate::{
    model::{AuditEntry, AuditRecord, Effects, UnixMillis, Workspace},
    secrets::{ChainCheck, ChainKeys, Checkpoint, Head, LogDigest},
    stores::{AuditFilter, ConditionalWrite, Store},
};

use crate::fixtures::{NOW, audit_key};

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
    let last = store.last_audit(&Workspace::default()).await.unwrap().unwrap();
    let head = Head { sequence: last.sequence, link: last.link };
    let keys = ChainKeys { current: key.clone(), old: None };
    let mut check = ChainCheck::new(keys.clone(), Some(head.clone()), None, &[]);
    for entry in store.audit_after(&Workspace::default(), 0, 10_000).await.unwrap() {
        check.follow(&entry).unwrap();
    }
    assert_eq!(check.end(), Ok(last.sequence));
    let filter = AuditFilter { action: Some(String::from("test.")), ..AuditFilter::default() };
    let found = store.audit(&workspace, filter, 10).await.unwrap();
    assert_eq!(found.iter().map(|entry| &*entry.record.target).collect::<Vec<_>>(), ["b", "a"]);
    assert!(store.audit(&Workspace::new("other"), AuditFilter::default(), 10).await.unwrap().is_empty());
    assert_eq!(store.first_audit_since(&Workspace::default(), NOW.plus(1)).await.unwrap(), None);
    assert_eq!(store.first_audit_since(&Workspace::default(), UnixMillis(0)).await.unwrap(), Some(1));
    assert_eq!(store.audit_start(&Workspace::default()).await.unwrap(), None);
    let entries = store.audit_after(&Workspace::default(), 0, 10_000).await.unwrap();
    let mut digest = LogDigest::default();
    let kept = entries.len() - 1;
    digest.follow_all(&entries[..kept]);
    let start = Checkpoint::sealed(&key, entries[kept - 1].sequence, entries[kept - 1].link, digest);
    let elsewhere = Checkpoint { link: [0; 32], ..start.clone() };
    assert!(
        !store.begin_audit_after(&Workspace::default(), elsewhere).await.unwrap(),
        "the log has no such record"
    );
    assert!(store.begin_audit_after(&Workspace::default(), start.clone()).await.unwrap());
    assert!(
        !store.begin_audit_after(&Workspace::default(), start.clone()).await.unwrap(),
        "it begins there already"
    );
    assert_eq!(store.audit_start(&Workspace::default()).await.unwrap(), Some(start.clone()));
    let mut check = ChainCheck::new(keys, Some(head), Some(start), &[]);
    for entry in store.audit_after(&Workspace::default(), i64::MIN, 10_000).await.unwrap() {
        check.follow(&entry).unwrap();
    }
    assert_eq!(check.end(), Ok(last.sequence));
}

/// Appends 1,200 records, 100 a decision: of two actors and three targets by turns, each a millisecond after the one before.
pub async fn append_many(store: &dyn Store) {
    let record = |n: i64| AuditRecord {
        actor: format!("actor {}", n % 2),
        action: if n % 10 == 0 { "key.create".into() } else { "task.claim".into() },
        target: format!("t{}", n % 3),
        request_id: n.to_string(),
        at: NOW.plus(n),
    };
    for first in (1..1_200).step_by(100) {
        let effects = Effects { audit: (first..first + 100).map(record).collect(), ..Effects::default() };
        let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
        assert_eq!(store.commit_first(&Workspace::default(), vec![write]).await.unwrap(), Some(0));
    }
}

pub async fn what_a_page_did_not_look_at_is_found_by_the_next_ones(store: &dyn Store) {
    append_many(store).await;
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let filter = AuditFilter {
            action: Some(String::from("key.")),
            looks_at: Some(7),
            before,
            ..AuditFilter::default()
        };
        let part = store.audit_part(&Workspace::default(), filter, 3).await.unwrap();
        assert!(part.entries.len() <= 3);
        found.extend(part.entries.iter().map(|entry| entry.sequence));
        let Some(rest) = part.rest else { break };
        assert!(before.is_none_or(|before| rest < before), "it goes on");
        before = Some(rest);
    }
    assert_eq!(found, (1..=120).rev().map(|n| n * 10).collect::<Vec<_>>());
}

pub async fn a_long_log_is_read_in_parts_and_by_any_filter(store: &dyn Store) {
    let workspace = Workspace::default();
    append_many(store).await;
    let places = |entries: Vec<AuditEntry>| entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>();
    let after = async |place, limit| places(store.audit_after(&workspace, place, limit).await.unwrap());
    assert_eq!(after(i64::MIN, 5_000).await, (1..=1_200).collect::<Vec<_>>());
    assert_eq!(after(0, 700).await, (1..=700).collect::<Vec<_>>());
    assert_eq!(after(699, 1).await, [700]);
    assert_eq!(
        (after(1_200, 9).await, after(i64::MAX, 9).await, after(0, 0).await),
        (vec![], vec![], vec![])
    );
    let page = async |filter, limit| places(store.audit(&workspace, filter, limit).await.unwrap());
    let all = AuditFilter::default;
    assert_eq!(page(all(), 5_000).await, (1..=1_200).rev().collect::<Vec<_>>());
    assert_eq!(page(AuditFilter { before: Some(3), ..all() }, 9).await, [2, 1]);
    assert!(page(AuditFilter { before: Some(1), ..all() }, 9).await.is_empty());
    assert!(page(AuditFilter { before: Some(i64::MIN), ..all() }, 9).await.is_empty());
    assert_eq!(page(AuditFilter { after: Some(1_198), ..all() }, 9).await, [1_200, 1_199]);
    assert_eq!(page(AuditFilter { after: Some(1), before: Some(4), ..all() }, 9).await, [3, 2]);
    assert!(page(AuditFilter { after: Some(i64::MAX), ..all() }, 9).await.is_empty());
    let created = AuditFilter { action: Some(String::from("key.")), before: Some(31), ..all() };
    assert_eq!(page(created.clone(), 2).await, [30, 20]);
    let of_target = AuditFilter { target: Some(String::from("t0")), ..created };
    assert_eq!(page(of_target, 9).await, [30]);
    let of_actor =
        AuditFilter { actor: Some(String::from("actor 1")), since: Some(NOW.plus(1_197)), ..all() };
    assert_eq!(page(of_actor, 9).await, [1_199, 1_197]);
    assert!(page(AuditFilter { since: Some(NOW.plus(1_201)), ..all() }, 9).await.is_empty());
    let first = async |millis| store.first_audit_since(&workspace, NOW.plus(millis)).await.unwrap();
    assert_eq!((first(-9).await, first(600).await, first(1_201).await), (Some(1), Some(600), None));
}
