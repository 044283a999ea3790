//! Tasks of the built-in board: what a person and what the outbox writes, what has changed, and what is left of a deleted one.

use taskgate::{
    boards::sample_tasks,
    model::{
        BoardWrite, Claim, ClaimState, Effects, Event, EventKind, Moment, OutboxEntry, OwedWrite, Task,
        TaskStatus, UnixMillis, Workspace, WriteOutcome,
    },
    stores::{BoardPlace, ConditionalWrite, Edited, SeenTask, Store, StoreError, TaskEdit},
};

use crate::fixtures::{NOW, at, claim};

fn about(task: &Task, action: &'static str) -> Effects {
    Effects { events: vec![Event::about(EventKind::Task, &task.id, action, NOW)], ..Effects::default() }
}

async fn deleted(store: &dyn Store, workspace: &Workspace, task_id: &str, at: Moment) -> bool {
    is_done(store.delete_task(workspace, task_id, (None, at), Effects::default()).await)
}

fn is_done(edited: Result<Edited, StoreError>) -> bool {
    matches!(edited, Ok(Edited::Done(_)))
}

pub async fn a_board_says_what_changed_since_an_event(store: &dyn Store) {
    let workspace = Workspace::new("changes");
    store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap();
    let whole = store.task_changes(&workspace, None).await.unwrap();
    assert!(whole.is_whole && whole.tasks.len() > 3 && whole.gone.is_empty());
    let nothing = store.task_changes(&workspace, Some(whole.at)).await.unwrap();
    assert!(!nothing.is_whole && nothing.tasks.is_empty() && nothing.gone.is_empty(), "{nothing:?}");
    let (first, second, third) = (&whole.tasks[0], &whole.tasks[1], &whole.tasks[2]);
    let edit = TaskEdit { status: Some(TaskStatus::Done), at: at(0), ..TaskEdit::default() };
    assert!(is_done(store.edit_task(&workspace, &first.id, edit, about(first, "task.move")).await));
    assert!(is_done(
        store.delete_task(&workspace, &second.id, (None, at(0)), about(second, "task.delete")).await
    ));
    let changes = store.task_changes(&workspace, Some(whole.at)).await.unwrap();
    assert_eq!(changes.gone, std::slice::from_ref(&second.id));
    assert_eq!(changes.tasks.len(), 1, "{third:?} did not change");
    let known = &changes.tasks[0];
    assert_eq!((known.status, &known.description), (TaskStatus::Done, &first.description));
    let last = store.task_changes(&workspace, Some(changes.at)).await.unwrap();
    assert!(last.tasks.is_empty() && last.gone.is_empty());
    let whole = store.task_changes(&workspace, None).await.unwrap();
    let closed = whole.tasks.iter().find(|task| task.id == first.id).unwrap();
    assert_eq!(closed.description, "", "a closed task is read without its long text");
    let beyond = BoardPlace { event: whole.at.event + 1, ..whole.at };
    let beyond = store.task_changes(&workspace, Some(beyond)).await.unwrap();
    assert!(beyond.is_whole, "a place that this log never reached");
    let untold = BoardPlace { tasks: whole.at.tasks + 1, ..whole.at };
    let untold = store.task_changes(&workspace, Some(untold)).await.unwrap();
    assert!(untold.is_whole, "a task went and no event says so");
}

pub async fn a_task_is_made_once_under_its_id(store: &dyn Store) {
    let workspace = Workspace::new("once");
    let task = Task { key: String::new(), ..sample_tasks(NOW).remove(0) };
    let make =
        async || store.create_task(&workspace, task.clone(), about(&task, "task.create")).await.unwrap();
    let made = make().await;
    let events = store.last_event(&workspace).await.unwrap();
    assert_eq!((made.key.as_str(), make().await), ("T-1", made.clone()));
    assert_eq!(store.last_event(&workspace).await.unwrap(), events, "what was made before entails nothing");
    assert_eq!(store.tasks(&workspace, None).await.unwrap(), [made]);
}

pub async fn what_is_left_of_a_deleted_task_is_forgotten(store: &dyn Store) {
    let workspace = Workspace::new("deleted");
    let [ended, live] = ["ended", "live"].map(|id| Task { id: id.into(), ..sample_tasks(NOW).remove(0) });
    for (task, state) in [(&ended, ClaimState::Done), (&live, ClaimState::Live)] {
        store.create_task(&workspace, task.clone(), Effects::default()).await.unwrap();
        let claim = Claim { state, ..claim(&task.id, 1) };
        let write = ConditionalWrite { claim: Some(claim), ..ConditionalWrite::default() };
        assert_eq!(store.commit_first(&workspace, vec![write]).await.unwrap(), Some(0));
        assert!(deleted(store, &workspace, &task.id, at(0)).await);
    }
    let left = async || {
        let claims = store.claims(&workspace, None).await.unwrap();
        claims.into_iter().map(|claim| claim.task_id).collect::<Vec<_>>()
    };
    store.forget_deleted(&workspace, NOW, 100).await.unwrap();
    assert_eq!(left().await.len(), 2, "not yet");
    store.forget_deleted(&workspace, UnixMillis(NOW.0 + 1), 100).await.unwrap();
    assert_eq!(left().await, ["live"], "an agent holds the other, and is to be told first");
    let over = ConditionalWrite {
        claim: Some(Claim { state: ClaimState::Ended, ..claim("live", 2) }),
        ..ConditionalWrite::default()
    };
    assert_eq!(store.commit_first(&workspace, vec![over]).await.unwrap(), Some(0));
    store.forget_deleted(&workspace, UnixMillis(NOW.0 + 1), 100).await.unwrap();
    assert!(left().await.is_empty());
}

pub async fn the_board_is_seeded_once_and_a_write_counts_once(store: &dyn Store) {
    let workspace = Workspace::default();
    assert!(store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    assert!(!store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    let task = store.task(&workspace, "T-3").await.unwrap().unwrap();
    assert_eq!(store.task(&workspace, &task.id).await.unwrap().unwrap(), task);
    assert_eq!(
        store.tasks(&workspace, Some(vec![task.id.clone()])).await.unwrap(),
        std::slice::from_ref(&task)
    );
    assert_eq!(task.dependencies.len(), 2);
    let entry = |sequence, write| OwedWrite {
        sequence,
        attempts: 0,
        entry: OutboxEntry {
            moved_at: None,
            id: format!("e{sequence}"),
            at: NOW.plus(sequence),
            workspace: workspace.clone(),
            task_id: task.id.clone(),
            write,
        },
    };
    let write = async |entry| store.write_tasks(vec![entry], NOW).await.unwrap()[0].unwrap();
    let status = async || store.task(&workspace, "T-3").await.unwrap().unwrap().status;
    let comment = || entry(1, BoardWrite::comment(String::from("hello")));
    assert_eq!(
        (write(comment()).await, write(comment()).await),
        (WriteOutcome::Written, WriteOutcome::Written)
    );
    assert_eq!(store.comments(&workspace, &task.id).await.unwrap(), ["hello"]);
    let done = || entry(2, BoardWrite::Move { status: TaskStatus::Done });
    assert_eq!((write(done()).await, status().await), (WriteOutcome::Written, TaskStatus::Done));
    let two = [(3, "the lease ended"), (4, "parked")].map(|(sequence, text)| {
        let mut taken = entry(sequence, BoardWrite::comment(text.to_owned()));
        taken.entry.id = format!("z{}", 99 - sequence);
        taken
    });
    store.write_tasks(two.to_vec(), NOW.plus(-99)).await.unwrap();
    let comments = store.comments(&workspace, &task.id).await.unwrap();
    assert_eq!(comments, ["hello", "the lease ended", "parked"], "whatever their ids and the clock");
    let edit = TaskEdit { status: Some(TaskStatus::Todo), at: at(5), ..TaskEdit::default() };
    assert!(is_done(store.edit_task(&workspace, &task.id, edit, Effects::default()).await));
    assert_eq!(
        (write(done()).await, status().await),
        (WriteOutcome::Superseded, TaskStatus::Todo),
        "delivered before"
    );
    let late = entry(4, BoardWrite::Move { status: TaskStatus::Blocked });
    assert_eq!(
        (write(late).await, status().await),
        (WriteOutcome::Superseded, TaskStatus::Todo),
        "decided before"
    );
    let newer = entry(6, BoardWrite::Move { status: TaskStatus::InProgress });
    assert_eq!((write(newer).await, status().await), (WriteOutcome::Written, TaskStatus::InProgress));
    assert!(store.tasks(&Workspace::new("other"), None).await.unwrap().is_empty());
    assert!(deleted(store, &workspace, &task.id, Moment::same(1)).await);
    assert!(store.write_tasks(vec![comment()], NOW).await.unwrap()[0].is_none(), "there is no such task");
}

pub async fn nothing_is_decided_or_written_over_a_persons_move(store: &dyn Store) {
    let workspace = Workspace::default();
    store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap();
    let task = store.task(&workspace, "T-1").await.unwrap().unwrap();
    let before = task.moved_at;
    let edit = TaskEdit { status: Some(TaskStatus::Backlog), at: at(0), ..TaskEdit::default() };
    assert!(is_done(store.edit_task(&workspace, &task.id, edit, Effects::default()).await));
    let moved_at = store.task(&workspace, &task.id).await.unwrap().unwrap().moved_at;
    assert!(moved_at > before);
    let entry = OutboxEntry {
        moved_at: before,
        id: String::from("unaware"),
        at: NOW.plus(99),
        workspace: workspace.clone(),
        task_id: task.id.clone(),
        write: BoardWrite::Move { status: TaskStatus::Blocked },
    };
    let written =
        store.write_tasks(vec![OwedWrite { sequence: 1000, attempts: 0, entry }], NOW).await.unwrap();
    assert_eq!(
        written,
        [Some(WriteOutcome::Superseded)],
        "decided later, but without knowing of the person's move"
    );
    let decide = async |version, moved_at| {
        let write = ConditionalWrite {
            claim: Some(claim(&task.id, version)),
            moved_at,
            ..ConditionalWrite::default()
        };
        store.commit_first(&workspace, vec![write]).await.unwrap()
    };
    assert_eq!(decide(1, before).await, None);
    assert_eq!(decide(1, moved_at).await, Some(0));
    assert!(deleted(store, &workspace, &task.id, Moment::same(1)).await);
    assert_eq!(decide(2, moved_at).await, None);
    let last = store.tasks(&workspace, None).await.unwrap().pop().unwrap();
    assert!(deleted(store, &workspace, &last.id, Moment::same(1)).await);
    let next = Task { id: String::from("new"), ..last.clone() };
    let next = store.create_task(&workspace, next, Effects::default()).await.unwrap();
    assert_ne!(next.key, last.key, "a number is given once");
}

pub async fn a_person_changes_a_task_only_as_it_was_seen(store: &dyn Store) {
    let workspace = Workspace::new("seen");
    store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap();
    let task = store.tasks(&workspace, None).await.unwrap().remove(0);
    let held = Claim { task_id: task.id.clone(), ..claim(&task.id, 1) };
    let write = ConditionalWrite { claim: Some(held.clone()), ..ConditionalWrite::default() };
    store.commit_first(&workspace, vec![write]).await.unwrap();
    let seen = SeenTask {
        status: TaskStatus::InProgress,
        assignee: task.assignee.clone(),
        dependencies: task.dependencies.clone(),
        holder: Some((held.agent_id.clone(), held.generation)),
    };
    let edit = |seen: &SeenTask, millis| TaskEdit {
        assignee: Some(Some(String::from("bo"))),
        at: at(millis),
        seen: Some(seen.clone()),
        ..TaskEdit::default()
    };
    let edited = async |seen: &SeenTask, millis| {
        let (edit, effects) = (edit(seen, millis), about(&task, "task.assign"));
        store.edit_task(&workspace, &task.id, edit, effects).await.unwrap()
    };
    let events = store.last_event(&workspace).await.unwrap();
    for other in [
        SeenTask { status: TaskStatus::Todo, ..seen.clone() },
        SeenTask { assignee: Some(String::from("cyn")), ..seen.clone() },
        SeenTask { dependencies: vec![String::from("x")], ..seen.clone() },
        SeenTask { holder: None, ..seen.clone() },
        SeenTask { holder: Some((held.agent_id.clone(), 6)), ..seen.clone() },
    ] {
        assert_eq!(edited(&other, 0).await, Edited::Changed, "{other:?}");
        let deleted = store.delete_task(&workspace, &task.id, (Some(other), at(0)), Effects::default()).await;
        assert_eq!(deleted.unwrap(), Edited::Changed);
    }
    assert_eq!(edited(&seen, 10).await, Edited::Changed, "the lease has ended by then");
    assert_eq!(store.last_event(&workspace).await.unwrap(), events, "what was not done entails nothing");
    let Edited::Done(after) = edited(&seen, 0).await else { panic!("nothing came between") };
    assert_eq!(after.assignee.as_deref(), Some("bo"));
    let now = SeenTask { assignee: after.assignee.clone(), ..seen.clone() };
    let deleted = store.delete_task(&workspace, &task.id, (Some(now), at(1)), Effects::default()).await;
    assert_eq!(deleted.unwrap(), Edited::Done(after));
    assert_eq!(edited(&seen, 0).await, Edited::Gone);
}
