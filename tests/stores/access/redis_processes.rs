//! What several processes on one server do at the same moment: each change is made, and what is taken once is one's.

use std::sync::Arc;

use taskgate::{
    model::{AuditRecord, Effects, KeyHashes, Moment, Workspace},
    stores::{
        DeliveryLease, EndedSessions, FollowerStore, OneTimeCode, OneTimeCodeStore, SessionChange,
        SessionChanged, SessionRow, SessionStore, SignOut, SignOutStore, WebhookDelivery, WebhookStore,
        redis::RedisStore,
    },
};

use crate::{
    fixtures::{NOW, STORE, audit_key},
    on_redis::server::RedisServer,
};

const PROCESSES: usize = 4;

fn processes(server: &RedisServer) -> Vec<Arc<RedisStore>> {
    let process = || server.store("tg", audit_key());
    (0..PROCESSES).map(|_| Arc::new(process())).collect()
}

/// What each process answers, all asked at once.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    processes: &[Arc<RedisStore>],
    ask: impl Fn(usize, Arc<RedisStore>) -> F,
) -> Vec<T> {
    let mut asked = tokio::task::JoinSet::new();
    for (place, store) in processes.iter().enumerate() {
        asked.spawn(ask(place, Arc::clone(store)));
    }
    asked.join_all().await
}

fn audited() -> Effects {
    let audit = vec![AuditRecord::without_call("admin", "dashboard.sign_in", "s", NOW)];
    Effects { audit, ..Effects::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_once_is_one_processes() {
    let server = RedisServer::start(&[]);
    let processes = processes(&server);
    let workspace = Workspace::default();
    for round in 0..20_u8 {
        let code = OneTimeCode { workspace: workspace.clone(), hash: [round; 32], until: STORE.plus(10) };
        processes[0].put_code(code, STORE, Effects::default()).await.unwrap();
        let hashes = KeyHashes { current: [round; 32], old: None };
        let taken = each(&processes, |_, store| async move {
            store.take_code(&Workspace::default(), hashes, STORE, audited()).await.unwrap()
        });
        assert_eq!(taken.await.into_iter().filter(|taken| *taken).count(), 1);
        let taken = each(&processes, |_, store| async move {
            let delivery = WebhookDelivery {
                workspace: Workspace::default(),
                sender: "github",
                id: round.to_string(),
                forget_at: STORE.plus(10),
            };
            store.take_delivery(delivery, audited()).await.unwrap()
        });
        assert_eq!(taken.await.into_iter().filter(|taken| *taken).count(), 1);
        let told = each(&processes, |_, store| async move { store.first_time("once").await.unwrap() });
        assert_eq!(told.await.into_iter().filter(|first| *first).count(), usize::from(round == 0));
        let led = each(&processes, |place, store| async move {
            let now = STORE.plus(i64::from(round) * 10);
            let lease = DeliveryLease { instance: place.to_string(), now, until: now.plus(10) };
            store.take_follower(&Workspace::default(), "f", &lease).await.unwrap()
        });
        assert_eq!(led.await.into_iter().flatten().count(), 1);
    }
    let records: i64 = server_count(&server, &["XLEN", "tg:{default}:audit"]);
    assert_eq!(records, 40, "what takes nothing leaves nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_a_session_is_made() {
    let server = RedisServer::start(&[]);
    let processes = processes(&server);
    let changed = each(&processes, |place, store| async move {
        let mut versions = Vec::new();
        for number in 0..10 {
            let row =
                SessionRow { digest: String::from("d"), forget_at: STORE.plus(10), ..SessionRow::default() };
            let change = SessionChange::Subscribe(format!("{place}-{number}"));
            let at = Moment { wall: NOW, store: STORE };
            let changed = store.change_session(row, change, at, Effects::default()).await.unwrap();
            let SessionChanged::To(row) = changed else { panic!("{changed:?}") };
            versions.push(row.version);
        }
        versions
    });
    let mut versions = changed.await.concat();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 10 * PROCESSES, "no two changes make the same version");
    let row = processes[0].session(&Workspace::default(), "d").await.unwrap().unwrap();
    assert_eq!(row.subscriptions.len(), 10 * PROCESSES);
    let ended = each(&processes, |place, store| async move {
        for number in 0..300 {
            let session = SignOut {
                workspace: Workspace::default(),
                holder: String::from("k"),
                ended: EndedSessions::One(format!("{place}-{number}")),
                forget_at: STORE.plus(10),
            };
            store.sign_out(session, STORE.plus(5), Effects::default()).await.unwrap();
        }
    });
    ended.await;
    let kept = processes[0].sign_outs(&Workspace::default(), STORE).await.unwrap();
    assert_eq!(kept.len(), 1 + 199, "a mark for the first 1,001, and those after it");
}

fn server_count(server: &RedisServer, words: &[&str]) -> i64 {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
}
