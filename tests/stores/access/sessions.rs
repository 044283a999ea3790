//! What is kept of sessions: one thing changes at a time, an end is for good, and a user leaves little behind.

use taskgate::{
    model::{Effects, Moment, StoreMillis, Workspace},
    stores::{MAX_SESSIONS_A_USER, OLDER_ENDED, SessionChange, SessionChanged, SessionRow, Store},
};

use crate::fixtures::{NOW, STORE};

fn row(user: &str, number: i64) -> SessionRow {
    SessionRow {
        user_id: user.to_owned(),
        digest: format!("{user}-{number}"),
        issued_at: STORE.plus(number),
        forget_at: STORE.plus(100_000 + number),
        ..SessionRow::default()
    }
}

async fn change(store: &dyn Store, row: SessionRow, change: SessionChange) -> SessionChanged {
    let at = Moment { wall: NOW, store: row.issued_at };
    store.change_session(row, change, at, Effects::default()).await.unwrap()
}

fn subscribe(uri: impl ToString) -> SessionChange {
    SessionChange::Subscribe(uri.to_string())
}

async fn of_user(store: &dyn Store, user: &str) -> Vec<SessionRow> {
    let mut rows = store.sessions(&Workspace::default(), STORE).await.unwrap();
    rows.retain(|row| row.user_id == user);
    rows
}

pub async fn an_ended_session_stays_ended(store: &dyn Store) {
    assert_eq!(change(store, row("e", 1), SessionChange::Keep).await, SessionChanged::Nothing);
    assert!(matches!(change(store, row("e", 1), SessionChange::End).await, SessionChanged::To(_)));
    for late in [SessionChange::Keep, subscribe("a"), SessionChange::End] {
        assert_eq!(change(store, row("e", 1), late).await, SessionChanged::Ended);
    }
    assert!(store.session(&Workspace::default(), "e-1").await.unwrap().unwrap().ended);
    assert_eq!(of_user(store, "e").await.len(), 1);
    store.forget_sessions(&Workspace::default(), STORE.plus(100_001)).await.unwrap();
    assert!(store.session(&Workspace::default(), "e-1").await.unwrap().is_none());
}

pub async fn one_thing_changes_at_a_time(store: &dyn Store) {
    let mut version = 0;
    let changes = (0..64).map(subscribe).chain([
        SessionChange::LogLevel(String::from("error")),
        SessionChange::Unsubscribe(String::from("7")),
        subscribe("8"),
    ]);
    for step in changes {
        let SessionChanged::To(changed) = change(store, row("o", 1), step).await else { panic!("refused") };
        assert!(changed.version > version, "it rises");
        version = changed.version;
    }
    let stored = store.session(&Workspace::default(), "o-1").await.unwrap().unwrap();
    assert_eq!((stored.subscriptions.len(), stored.log_level.as_deref()), (63, Some("error")));
    assert!(matches!(change(store, row("o", 1), subscribe("64")).await, SessionChanged::To(_)));
    assert_eq!(change(store, row("o", 1), subscribe("65")).await, SessionChanged::TooMany);
    assert_eq!(store.session(&Workspace::default(), "o-1").await.unwrap().unwrap().subscriptions.len(), 64);
    store.forget_sessions(&Workspace::default(), STORE.plus(200_000)).await.unwrap();
}

pub async fn what_a_user_leaves_behind_has_bounds(store: &dyn Store) {
    let most = MAX_SESSIONS_A_USER as i64;
    change(store, row("other", 0), SessionChange::End).await;
    for number in 0..most {
        change(store, row("u", number), SessionChange::End).await;
        change(store, row("u", most + number), subscribe("a")).await;
    }
    assert_eq!(store.session_marks(&Workspace::default(), STORE).await.unwrap(), []);
    let last = store.last_event(&Workspace::default()).await.unwrap();
    for number in 2 * most..2 * most + 3 {
        change(store, row("u", number), SessionChange::End).await;
        change(store, row("u", most + number), subscribe("a")).await;
    }
    let marks = store.session_marks(&Workspace::default(), STORE).await.unwrap();
    assert_eq!((marks.len(), marks[0].user_id.as_str()), (1, "u"));
    assert_eq!(marks[0].made_before, STORE.plus(3), "the three oldest, no more");
    let told = store.events_after(&Workspace::default(), last, 500).await.unwrap();
    assert!(
        told.events.iter().any(|stored| stored.event.action == OLDER_ENDED && stored.event.subject == "u")
    );
    let rows = of_user(store, "u").await;
    assert_eq!(rows.iter().filter(|row| row.ended).count(), MAX_SESSIONS_A_USER);
    assert!(rows.iter().all(|row| row.issued_at >= marks[0].made_before));
    assert_eq!(rows.iter().filter(|row| !row.ended).count(), MAX_SESSIONS_A_USER);
    assert!(rows.iter().any(|row| row.digest == format!("u-{}", 3 * most + 2)), "the newest is kept");
    assert_eq!(of_user(store, "other").await.len(), 1);
    store.forget_sessions(&Workspace::default(), StoreMillis(i64::MAX)).await.unwrap();
    assert_eq!(store.session_marks(&Workspace::default(), STORE).await.unwrap(), []);
}

/// What is over the bound ends with all of its moment, tombstone or not, and takes nobody else's.
pub async fn who_ends_many_at_once_keeps_the_bound(store: &dyn Store) {
    let user = "ana\nmaria";
    let of_moment =
        |moment: i64, number: i64| SessionRow { issued_at: STORE.plus(moment), ..row(user, number) };
    change(store, of_moment(0, 5_000), subscribe("a")).await;
    change(store, of_moment(1, 5_001), subscribe("a")).await;
    change(store, row("ben", 0), SessionChange::End).await;
    for number in 0..MAX_SESSIONS_A_USER as i64 {
        change(store, of_moment(i64::from(number > 2), number), SessionChange::End).await;
    }
    assert_eq!(of_user(store, user).await.len(), MAX_SESSIONS_A_USER + 2);
    change(store, of_moment(2, 6_000), SessionChange::End).await;
    let marks = store.session_marks(&Workspace::default(), STORE).await.unwrap();
    assert_eq!((marks.len(), marks[0].user_id.as_str()), (1, user));
    assert_eq!(marks[0].made_before, STORE.plus(1));
    let rows = of_user(store, user).await;
    assert_eq!(rows.iter().filter(|row| row.ended).count(), MAX_SESSIONS_A_USER - 2);
    let open: Vec<_> = rows.iter().filter(|row| !row.ended).map(|row| row.issued_at).collect();
    assert_eq!(open, [STORE.plus(1)], "what is older than the mark has ended too");
    assert_eq!(of_user(store, "ben").await.len(), 1);
    assert!(store.session(&Workspace::new("other"), &format!("{user}-6000")).await.unwrap().is_none());
}

pub async fn sessions_of_one_moment_are_told_apart(store: &dyn Store) {
    let of_moment = |number: i64| SessionRow { issued_at: STORE, ..row("s", number) };
    for number in 1_000..1_000 + MAX_SESSIONS_A_USER as i64 {
        change(store, of_moment(number), subscribe("a")).await;
    }
    let digests = async || {
        let mut digests: Vec<_> = of_user(store, "s").await.into_iter().map(|row| row.digest).collect();
        digests.sort();
        digests
    };
    change(store, of_moment(999), subscribe("a")).await;
    assert!(!digests().await.contains(&String::from("s-999")), "the order of digests is that of texts");
    change(store, of_moment(10), subscribe("a")).await;
    let kept = digests().await;
    assert_eq!((kept.len(), kept[0].as_str()), (MAX_SESSIONS_A_USER, "s-10"));
    assert!(!kept.contains(&String::from("s-1999")));
    let used = SessionRow { issued_at: STORE.plus(1), ..of_moment(1_998) };
    change(store, used, SessionChange::Keep).await;
    change(store, of_moment(1), subscribe("a")).await;
    let kept = digests().await;
    assert!(kept.contains(&String::from("s-1998")) && !kept.contains(&String::from("s-1997")));
    store.forget_sessions(&Workspace::default(), STORE.plus(100_000 + 1_500)).await.unwrap();
    assert_eq!(digests().await.len(), 497, "what is over is dropped, and no more");
}
