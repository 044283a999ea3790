//! Several processes on one server.

use futures_util::future::join_all;
use taskgate::{
    boards::sample_tasks,
    model::{BoardWrite, Effects, OutboxEntry, OwedWrite, Task, TaskStatus, Workspace},
    stores::{
        BoardIdentityStore, ClaimStore, Completion, ConditionalWrite, Delivered, DeliveryLease, Outbox,
        TaskEdit, TaskStore, redis::RedisStore,
    },
};

use crate::{
    fixtures::{NOW, STORE, at, audit_key, claim, write},
    on_redis::server::RedisServer,
};

fn store(server: &RedisServer) -> RedisStore {
    server.store("tg", audit_key())
}

fn lease(instance: &str, from: i64, until: i64) -> DeliveryLease {
    DeliveryLease { instance: instance.into(), now: STORE.plus(from), until: STORE.plus(until) }
}

/// Has a board owe comments of those sizes, each about a task of its own.
async fn owe(store: &RedisStore, bytes: &[usize]) {
    let entry = |(number, bytes): (usize, &usize)| OutboxEntry {
        id: format!("e{number}"),
        at: NOW,
        workspace: Workspace::default(),
        task_id: format!("t{number}"),
        moved_at: None,
        write: BoardWrite::comment("x".repeat(*bytes)),
    };
    let outbox = bytes.iter().enumerate().map(entry).collect();
    let effects = Effects { outbox, ..Effects::default() };
    let write = ConditionalWrite { claim: Some(claim("t0", 1)), effects, ..ConditionalWrite::default() };
    store.commit_first(&Workspace::default(), vec![write]).await.unwrap();
}

async fn take(store: &RedisStore, lease: DeliveryLease) -> Vec<OwedWrite> {
    store.take(&Workspace::default(), &lease, 64).await.unwrap()
}

#[tokio::test]
async fn a_process_whose_lease_ended_says_nothing_of_what_another_has() {
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server), store(&server));
    owe(&one, &[1]).await;
    let stale = take(&one, lease("one", 0, 10)).await;
    let taken = take(&other, lease("other", 10, 100)).await;
    assert_eq!((taken.len(), taken[0].attempts), (1, 1));
    one.renew(&stale, &lease("one", 11, 12)).await.unwrap();
    for how in
        [Delivered::RetryAt(STORE), Delivered::Superseded, Delivered::Failed { reason: "no".into(), at: NOW }]
    {
        one.end(vec![(stale[0].clone(), how)]).await.unwrap();
        assert!(take(&one, lease("one", 50, 60)).await.is_empty(), "the other still has it");
        assert_eq!(other.backlog(&Workspace::default()).await.unwrap().pending, 1);
    }
    assert_eq!(other.claims(&Workspace::default(), None).await.unwrap()[0].rejected, None);
    other.end(vec![(taken[0].clone(), Delivered::Written(at(60)))]).await.unwrap();
    assert_eq!(one.backlog(&Workspace::default()).await.unwrap().pending, 0);
}

/// Scripts that were run since the server counts.
fn scripts(server: &RedisServer) -> usize {
    let said: String = server.put(&["INFO", "commandstats"]);
    let calls = said.split("cmdstat_evalsha:calls=").nth(1).unwrap();
    calls.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn decisions_that_come_together_share_a_script_and_each_is_told_its_own() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = store(&server);
    store.commit_first(&workspace, vec![write("warm", 1, "a")]).await.unwrap();
    let done = Completion { task_id: "done".into(), generation: 1, agent_id: "a".into(), at: NOW };
    let completes =
        |version| ConditionalWrite { completion: Some(done.clone()), ..write("done", version, "a") };
    server.does(&["CONFIG", "RESETSTAT"]);
    // The first goes alone. Of the others one task is wanted by all, each has another to fall back to, and one completes a claim
    // again, or was decided on what is not so any more.
    let choices = |at: usize| vec![write("wanted", 1, "a"), write(&format!("t{at}"), 1, "a")];
    let mut decisions = vec![vec![completes(1)]];
    decisions.extend((0..40).map(choices));
    decisions.push(vec![completes(2)]);
    let later = store.term(&workspace).number + 1;
    decisions.push(vec![ConditionalWrite { term: Some(later), ..write("later", 1, "a") }]);
    decisions.push(vec![write("warm", 1, "a")]);
    let made = join_all(decisions.into_iter().map(|writes| store.commit_first(&workspace, writes))).await;
    let (scripts, made) = (scripts(&server), made.into_iter().map(Result::ok).collect::<Vec<_>>());
    assert_eq!(made[0], Some(Some(0)));
    assert_eq!(made[1], Some(Some(0)), "who came first has what all want");
    assert_eq!(made[2..41], vec![Some(Some(1)); 39], "the others what they fell back to");
    assert_eq!(made[41..], [None, None, Some(None)]);
    assert!(scripts <= 5, "44 decisions took {scripts} scripts");
    assert_eq!(store.claims(&workspace, None).await.unwrap().len(), 1 + 1 + 1 + 39);
}

#[tokio::test]
async fn an_entry_that_is_owed_twice_in_one_decision_is_owed_once() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = store(&server);
    let mut twice = write("t", 1, "a");
    twice.effects.outbox.extend(twice.effects.outbox.clone());
    let owed = twice.effects.outbox.len() / 2;
    store.commit_first(&workspace, vec![twice]).await.unwrap();
    assert_eq!(store.backlog(&workspace).await.unwrap().pending, owed as u64);
    assert_eq!(take(&store, lease("one", 0, 9)).await.len(), owed);
}

#[tokio::test]
async fn a_process_that_is_new_sees_what_is_owed() {
    let server = RedisServer::start(&[]);
    owe(&store(&server), &[1]).await;
    let owing = store(&server).owing(STORE).await.unwrap();
    assert_eq!(owing, [Workspace::default()]);
}

#[tokio::test]
async fn what_is_taken_at_once_has_bounds() {
    let server = RedisServer::start(&[]);
    let store = store(&server);
    owe(&store, &[2_000_000, 300_000, 600_000, 300_000, 1]).await;
    let mut parts = Vec::new();
    while let Some(part) = Some(take(&store, lease("one", 0, 9)).await).filter(|part| !part.is_empty()) {
        parts.push(part.iter().map(|owed| owed.entry.id.clone()).collect::<Vec<_>>().join(" "));
    }
    assert_eq!(parts, ["e0", "e1 e2", "e3 e4"]);
}

#[tokio::test]
async fn what_is_done_at_the_same_time_is_done_one_after_the_other() {
    let server = RedisServer::start(&[]);
    let (one, other, workspace) = (store(&server), store(&server), Workspace::default());
    let make = |number: usize| {
        let task = Task { id: format!("t{number}"), ..sample_tasks(NOW).remove(0) };
        let by = if number.is_multiple_of(2) { &one } else { &other };
        by.create_task(&workspace, task, Effects::default())
    };
    let made = futures_util::future::join_all((0..60).map(make)).await;
    let mut keys: Vec<_> = made.into_iter().map(|made| made.unwrap().key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 60, "each has a key of its own");
    let [status, assignee] = [
        TaskEdit { status: Some(TaskStatus::Blocked), at: at(1), ..TaskEdit::default() },
        TaskEdit { assignee: Some(Some("bo".into())), at: at(1), ..TaskEdit::default() },
    ];
    let edited = tokio::join!(
        one.edit_task(&workspace, "t1", status, Effects::default()),
        other.edit_task(&workspace, "t1", assignee, Effects::default())
    );
    assert!(edited.0.is_ok() && edited.1.is_ok());
    let task = one.task(&workspace, "t1").await.unwrap().unwrap();
    assert_eq!((task.status, task.assignee.as_deref()), (TaskStatus::Blocked, Some("bo")));
    assert_eq!(task.moved_at, Some(NOW.plus(2)), "both moved it");
}

#[tokio::test]
async fn processes_that_are_there_are_known_until_they_are_gone() {
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server), store(&server));
    one.keep_board_identity(&Workspace::default(), None, "begun").await.unwrap();
    let counted = async |number: usize| {
        let began = std::time::Instant::now();
        while one.instances().await.unwrap().len() != number {
            assert!(began.elapsed().as_secs() < 10, "{number}: {:?}", one.instances().await);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    counted(2).await;
    drop(other);
    counted(1).await;
}
