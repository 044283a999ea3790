//! The audit log: a chain that the key alone can make, and a part of it that is archived.

use taskgate::{
    model::{AuditRecord, UnixMillis, Workspace},
    secrets::{ChainCheck, ChainKeys, Checkpoint, Head, LogDigest},
    stores::{AuditFilter, Store},
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
