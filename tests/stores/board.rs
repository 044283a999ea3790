//! What a board in the store says has changed, and what is left of a deleted task.

use taskgate::{
    boards::sample_tasks,
    model::{Claim, ClaimState, Effects, Event, EventKind, Task, TaskStatus, UnixMillis, Workspace},
    stores::{BoardPlace, ConditionalWrite, TaskEdit},
};

use crate::{NOW, Store, claim};

fn about(task: &Task, action: &'static str) -> Effects {
    Effects { events: vec![Event::about(EventKind::Task, &task.id, action, NOW)], ..Effects::default() }
}

pub async fn a_board_says_what_changed_since_an_event(store: &dyn Store) {
    let workspace = Workspace::new("changes");
    store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap();
    let whole = store.task_changes(&workspace, None).await.unwrap();
    assert!(whole.is_whole && whole.tasks.len() > 3 && whole.gone.is_empty());
    let nothing = store.task_changes(&workspace, Some(whole.at)).await.unwrap();
    assert!(!nothing.is_whole && nothing.tasks.is_empty() && nothing.gone.is_empty(), "{nothing:?}");
    let (first, second, third) = (&whole.tasks[0], &whole.tasks[1], &whole.tasks[2]);
    let edit = TaskEdit { status: Some(TaskStatus::Done), at: NOW, ..TaskEdit::default() };
    assert!(store.edit_task(&workspace, &first.id, edit, about(first, "task.move")).await.unwrap());
    assert!(store.delete_task(&workspace, &second.id, NOW, about(second, "task.delete")).await.unwrap());
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
    let events = store.last_event().await.unwrap();
    assert_eq!((made.key.as_str(), make().await), ("T-1", made.clone()));
    assert_eq!(store.last_event().await.unwrap(), events, "what was made before entails nothing");
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
        assert!(store.delete_task(&workspace, &task.id, NOW, Effects::default()).await.unwrap());
    }
    let left = async || {
        let claims = store.claims(&workspace, None).await.unwrap();
        claims.into_iter().map(|claim| claim.task_id).collect::<Vec<_>>()
    };
    store.forget_deleted(NOW, 100).await.unwrap();
    assert_eq!(left().await.len(), 2, "not yet");
    store.forget_deleted(UnixMillis(NOW.0 + 1), 100).await.unwrap();
    assert_eq!(left().await, ["live"], "an agent holds the other, and is to be told first");
    let over = ConditionalWrite {
        claim: Some(Claim { state: ClaimState::Ended, ..claim("live", 2) }),
        ..ConditionalWrite::default()
    };
    assert_eq!(store.commit_first(&workspace, vec![over]).await.unwrap(), Some(0));
    store.forget_deleted(UnixMillis(NOW.0 + 1), 100).await.unwrap();
    assert!(left().await.is_empty());
}
