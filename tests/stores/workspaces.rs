//! Workspaces: what is of one is not answered, counted or forgotten for another.

use taskgate::{
    model::{StoreMillis, UnixMillis, Workspace},
    stores::{HistoryOf, Store},
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
