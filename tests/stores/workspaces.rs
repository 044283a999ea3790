//! Workspaces: what is of one is not answered, counted or forgotten for another.

use taskgate::{
    auth::{ApiKey, NewKey},
    model::{
        Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, Moment, Replay, StoreMillis, UnixMillis,
        Workspace,
    },
    secrets::SecretKey,
    stores::{
        EndedSessions, HistoryOf, KeyFilter, KeysByEnd, OneTimeCode, SessionChange, SessionRow, SignOut,
        Store, WebhookDelivery,
    },
};

use crate::fixtures::{NOW, STORE, three_decisions};

pub async fn nothing_of_another_workspace_is_answered_or_dropped(store: &dyn Store) {
    three_decisions(store).await;
    let (ours, other) = (Workspace::default(), Workspace::new("other"));
    let last = store.last_event(&ours).await.unwrap();
    assert_eq!((last, store.last_event(&other).await.unwrap()), (3, 0));
    assert!(store.events_after(&other, 0, 10).await.unwrap().events.is_empty());
    assert!(store.last_audit(&ours).await.unwrap().is_some());
    assert!(store.last_audit(&other).await.unwrap().is_none());
    assert!(store.audit_after(&other, i64::MIN, 10).await.unwrap().is_empty());
    assert_eq!(store.first_audit_since(&other, UnixMillis(0)).await.unwrap(), None);
    let expired = async |workspace| store.expired(workspace, STORE.plus(99), 10).await.unwrap().len();
    assert_eq!((expired(&ours).await, expired(&other).await), (2, 0));
    store.trim_events(&other, 0).await.unwrap();
    store.forget_history(&other, NOW.plus(99), 0).await.unwrap();
    store.forget_deleted(&other, NOW.plus(99), 10).await.unwrap();
    store.forget_usage(&other, NOW.plus(99), 0).await.unwrap();
    store.forget_sessions(&other, StoreMillis(i64::MAX)).await.unwrap();
    assert_eq!(store.events_after(&ours, 0, 10).await.unwrap().events.len(), 3);
    let history = store.history(&ours, HistoryOf::Task(String::from("t1")), None, 10).await.unwrap();
    assert_eq!(history.len(), 2);
}

/// A key with an answer, a session, a sign-out, a code and a delivery of one workspace.
async fn let_in(store: &dyn Store, workspace: &Workspace) -> KeyRecord {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let (record, _) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
    let record = KeyRecord { workspace: workspace.clone(), ..record };
    let until = STORE.plus(Replay::KEPT_MILLIS);
    let replay = Replay { name: String::from("once"), asked: vec![1], sealed: vec![2], until };
    let change = KeyChange { record: record.clone(), effects: Effects::default(), replay: Some(replay) };
    assert_eq!(store.change_key(change).await.unwrap(), KeyOutcome::Done);
    let row = SessionRow {
        workspace: workspace.clone(),
        digest: String::from("session"),
        forget_at: STORE.plus(10),
        ..SessionRow::default()
    };
    let at = Moment { wall: NOW, store: STORE };
    store.change_session(row, SessionChange::End, at, Effects::default()).await.unwrap();
    let ended = SignOut {
        workspace: workspace.clone(),
        holder: String::from("k"),
        ended: EndedSessions::One(String::from("cookie")),
        forget_at: STORE.plus(10),
    };
    store.sign_out(ended, STORE, Effects::default()).await.unwrap();
    let code = OneTimeCode { workspace: workspace.clone(), hash: [1; 32], until: STORE.plus(10) };
    store.put_code(code, STORE, Effects::default()).await.unwrap();
    record
}

pub async fn nobody_comes_in_by_another_workspace(store: &dyn Store) {
    let (ours, other) = (Workspace::new("ours"), Workspace::new("other"));
    let record = let_in(store, &ours).await;
    let delivery = |workspace: &Workspace| WebhookDelivery {
        workspace: workspace.clone(),
        sender: "github",
        id: String::from("a"),
        forget_at: STORE.plus(10),
    };
    assert!(store.take_delivery(delivery(&ours), Effects::default()).await.unwrap());
    assert!(store.take_delivery(delivery(&other), Effects::default()).await.unwrap(), "each has its own");
    let hashes = KeyHashes { current: record.hashes.as_slice()[0], old: None };
    assert_eq!(store.key_by_hash(hashes).await.unwrap().unwrap().workspace, ours, "it says whom it opens");
    assert!(store.key(&other, &record.id).await.unwrap().is_none());
    assert!(store.keys(&other, KeyFilter::default()).await.unwrap().is_empty());
    let part = store.keys_by_end(&other, KeysByEnd { limit: 9, ..KeysByEnd::default() }).await.unwrap();
    assert_eq!((part.total, store.count_live(&other, NOW).await.unwrap()), (0, 0));
    assert_eq!(store.replay(&other, "once", STORE).await.unwrap(), None);
    assert!(store.session(&other, "session").await.unwrap().is_none());
    let code = KeyHashes { current: [1; 32], old: None };
    assert!(!store.take_code(&other, code, STORE, Effects::default()).await.unwrap());
    store.forget_replays(&other, StoreMillis(i64::MAX)).await.unwrap();
    store.forget_sessions(&other, StoreMillis(i64::MAX)).await.unwrap();
    store.forget_sign_outs(&other, StoreMillis(i64::MAX)).await.unwrap();
    store.forget_deliveries(&other, StoreMillis(i64::MAX)).await.unwrap();
    assert!(store.replay(&ours, "once", STORE).await.unwrap().is_some());
    assert!(store.session(&ours, "session").await.unwrap().is_some());
    assert_eq!(store.sign_outs(&ours, STORE).await.unwrap().len(), 1);
    assert!(!store.take_delivery(delivery(&ours), Effects::default()).await.unwrap());
    assert!(store.take_delivery(delivery(&other), Effects::default()).await.unwrap(), "it was forgotten");
    assert!(store.take_code(&ours, code, STORE, Effects::default()).await.unwrap());
}
