//! One-time codes: each opens once, until its end.

use taskgate::{
    model::{AuditRecord, Effects, KeyHashes, StoreMillis, Workspace},
    stores::{AuditFilter, OneTimeCode, Store},
};

use crate::fixtures::{NOW, STORE};

fn code(byte: u8) -> OneTimeCode {
    OneTimeCode { workspace: Workspace::default(), hash: [byte; 32], until: STORE.plus(10) }
}

async fn take(store: &dyn Store, hashes: KeyHashes, now: StoreMillis) -> bool {
    let audit = vec![AuditRecord::without_call("admin", "dashboard.sign_in", "s", NOW)];
    let effects = Effects { audit, ..Effects::default() };
    store.take_code(&Workspace::default(), hashes, now, effects).await.unwrap()
}

pub async fn a_code_opens_once_until_its_end(store: &dyn Store) {
    for byte in [1, 2, 3] {
        store.put_code(code(byte), STORE, Effects::default()).await.unwrap();
    }
    let one = |byte| KeyHashes { current: [byte; 32], old: None };
    assert!(!take(store, one(9), STORE).await);
    let other = Workspace::new("other");
    assert!(!store.take_code(&other, one(1), STORE, Effects::default()).await.unwrap());
    assert!(take(store, one(1), STORE.plus(9)).await && !take(store, one(1), STORE.plus(9)).await);
    let under_the_old_key = KeyHashes { current: [8; 32], old: Some([2; 32]) };
    assert!(take(store, under_the_old_key, STORE).await);
    assert!(!take(store, one(3), STORE.plus(10)).await, "it has ended");
    let records = store.audit(&Workspace::default(), AuditFilter::default(), 10).await.unwrap();
    assert_eq!(records.len(), 2, "what takes nothing leaves nothing");
}

pub async fn codes_that_are_over_make_room(store: &dyn Store) {
    store.put_code(code(1), STORE, Effects::default()).await.unwrap();
    let later = OneTimeCode { until: STORE.plus(20), ..code(2) };
    store.put_code(later.clone(), STORE.plus(10), Effects::default()).await.unwrap();
    let one = |byte| KeyHashes { current: [byte; 32], old: None };
    assert!(!take(store, one(1), STORE).await, "it was dropped, whatever the time is taken for");
    let again = OneTimeCode { until: STORE.plus(30), ..later };
    store.put_code(again, STORE.plus(10), Effects::default()).await.unwrap();
    assert!(take(store, one(2), STORE.plus(29)).await, "the end is the one that was put last");
    for byte in [3, 4] {
        store.put_code(code(byte), STORE, Effects::default()).await.unwrap();
    }
    let both = KeyHashes { current: [3; 32], old: Some([4; 32]) };
    assert!(take(store, both, STORE).await && !take(store, both, STORE).await, "both are of one text");
}

pub async fn something_is_told_once_and_the_last_address_is_kept(store: &dyn Store) {
    assert!(store.first_time("a").await.unwrap() && !store.first_time("a").await.unwrap());
    assert!(store.first_time("b").await.unwrap());
    assert_eq!(store.address().await.unwrap(), None);
    for url in ["http://localhost:8080", "https://gate.example/team"] {
        store.keep_address(url).await.unwrap();
    }
    assert_eq!(store.address().await.unwrap().unwrap(), "https://gate.example/team");
}
