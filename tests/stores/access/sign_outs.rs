//! Ended sessions of the dashboard: remembered until they would have ended, and bounded.

use taskgate::{
    model::{Effects, Event, EventKind, StoreMillis, Workspace},
    stores::{EndedSessions, MAX_SIGN_OUTS, SignOut, Store},
};

use crate::fixtures::{NOW, STORE};

async fn sign_out(store: &dyn Store, holder: &str, session: String, forget_at: StoreMillis) {
    let events = vec![Event::about(EventKind::SignOut, &session, "dashboard.sign_out", NOW)];
    let effects = Effects { events, ..Effects::default() };
    let (workspace, holder) = (Workspace::default(), holder.to_owned());
    let row = SignOut { workspace, holder, ended: EndedSessions::One(session), forget_at };
    store.sign_out(row, STORE.plus(5), effects).await.unwrap();
}

pub async fn a_session_stays_ended_until_it_would_have_been(store: &dyn Store) {
    sign_out(store, "k", String::from("a"), STORE.plus(10)).await;
    sign_out(store, "k", String::from("b"), STORE.plus(20)).await;
    assert_eq!(store.sign_outs(&Workspace::default(), STORE).await.unwrap().len(), 2);
    let left = store.sign_outs(&Workspace::default(), STORE.plus(10)).await.unwrap();
    assert_eq!(
        left.iter().map(|row| &row.ended).collect::<Vec<_>>(),
        [&EndedSessions::One(String::from("b"))]
    );
    store.forget_sign_outs(&Workspace::default(), STORE.plus(10)).await.unwrap();
    assert_eq!(store.sign_outs(&Workspace::default(), STORE).await.unwrap(), left);
    assert_eq!(store.events_after(&Workspace::default(), 0, 10).await.unwrap().events.len(), 2);
}

pub async fn who_signs_out_for_ever_leaves_a_mark(store: &dyn Store) {
    for number in 0..MAX_SIGN_OUTS {
        sign_out(store, "k", number.to_string(), STORE.plus(100)).await;
    }
    sign_out(store, "other", String::from("x"), STORE.plus(10)).await;
    assert_eq!(
        store.sign_outs(&Workspace::default(), STORE).await.unwrap().len(),
        MAX_SIGN_OUTS as usize + 1
    );
    sign_out(store, "k", String::from("last"), STORE.plus(50)).await;
    let left = store.sign_outs(&Workspace::default(), STORE).await.unwrap();
    assert_eq!(left.len(), 2, "{left:?}");
    let mark = left.iter().find(|row| row.holder == "k").unwrap();
    assert_eq!((&mark.ended, mark.forget_at), (&EndedSessions::MadeBefore(STORE.plus(5)), STORE.plus(100)));
}

pub async fn a_session_that_ends_twice_is_kept_once(store: &dyn Store) {
    let holder = "two\nlines";
    sign_out(store, holder, String::from("a"), STORE.plus(10)).await;
    sign_out(store, holder, String::from("a"), STORE.plus(30)).await;
    sign_out(store, "other", String::from("a"), STORE.plus(20)).await;
    let mut rows = store.sign_outs(&Workspace::default(), STORE).await.unwrap();
    rows.sort_by(|one, other| one.holder.cmp(&other.holder));
    let kept: Vec<_> = rows.iter().map(|row| (row.holder.as_str(), row.forget_at)).collect();
    assert_eq!(kept, [("other", STORE.plus(20)), (holder, STORE.plus(30))]);
    store.forget_sign_outs(&Workspace::default(), STORE.plus(30)).await.unwrap();
    for number in 0..MAX_SIGN_OUTS {
        sign_out(store, holder, number.to_string(), STORE.plus(100)).await;
    }
    let kept = store.sign_outs(&Workspace::default(), STORE).await.unwrap().len();
    assert_eq!(kept, MAX_SIGN_OUTS as usize, "what was forgotten counts no more");
    assert!(store.sign_outs(&Workspace::new("elsewhere"), STORE).await.unwrap().is_empty());
    for number in 0..2 {
        sign_out(store, holder, format!("late {number}"), STORE.plus(50)).await;
    }
    let kept = store.sign_outs(&Workspace::default(), STORE.plus(99)).await.unwrap();
    assert_eq!(kept.len(), 1, "the mark outlasts what it stands for");
    assert_eq!(store.sign_outs(&Workspace::default(), STORE).await.unwrap().len(), 2);
}
