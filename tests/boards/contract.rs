//! What every board promises.

use taskgate::{
    boards::{Board, BoardError, Cursor},
    model::{BoardWrite, NewTask, TaskStatus, WriteOutcome},
};

use crate::{new_task, owed, person::Person, recorded};

/// Every promise, each on tasks of its own.
pub async fn kept_by(board: &dyn Board, person: &dyn Person) {
    a_task_is_made_once_and_found_by_its_names(board, person).await;
    a_change_is_told_once_since_a_cursor(board, person).await;
    what_is_deleted_is_gone(board, person).await;
    writes_arrive_in_order_and_a_repeat_changes_nothing(board, person).await;
    a_write_to_nothing_fails_alone(board, person).await;
    every_status_it_says_it_shows_is_read_back(board).await;
    a_task_waits_for_what_it_depends_on(board).await;
    what_is_said_of_a_claim_ends_with_the_newest(board, person).await;
    looking_it_over_changes_nothing(board).await;
}

async fn a_task_is_made_once_and_found_by_its_names(board: &dyn Board, person: &dyn Person) {
    let new = new_task("once");
    let make = async |once: &str| board.create(&new, once, &recorded).await.unwrap();
    let (first, again, other) = (make("one").await, make("one").await, make("two").await);
    assert_eq!(first.task.id, again.task.id, "the same request makes one task");
    assert_ne!(first.task.id, other.task.id);
    assert!(!first.task.key.is_empty() && first.task.key != other.task.key);
    let expected = usize::from(first.recorded);
    assert_eq!(person.records(&first.task.id).await, expected, "it says whether the record went in with it");
    for name in [&first.task.id, &first.task.key] {
        assert_eq!(board.find(name).await.unwrap().as_ref(), Some(&first.task), "{name}");
    }
    assert_eq!(board.find("no-such-task").await.unwrap(), None);
    let ids = [other.task.id.clone(), String::from("gone"), first.task.id.clone()];
    let mut found: Vec<_> = board.tasks(&ids).await.unwrap().into_iter().map(|task| task.id).collect();
    found.sort_unstable();
    let mut both = [first.task.id.clone(), other.task.id];
    both.sort_unstable();
    assert_eq!(found, both, "those that are gone are left out");
    let task = first.task;
    let seen = (task.title.as_str(), task.status, task.priority, task.estimate_minutes, task.labels.len());
    assert_eq!(seen, (new.title.as_str(), new.status, new.priority, new.estimate_minutes, 1));
}

async fn a_change_is_told_once_since_a_cursor(board: &dyn Board, person: &dyn Person) {
    let task = board.create(&new_task("changes"), "changes", &recorded).await.unwrap().task;
    let whole = board.changes(None).await.unwrap();
    assert!(whole.is_whole && whole.tasks.iter().any(|known| known.id == task.id));
    let nothing = board.changes(Some(&whole.cursor)).await.unwrap();
    assert!(!nothing.is_whole && nothing.tasks.is_empty() && nothing.gone.is_empty(), "{nothing:?}");
    person.moves(&task.id, TaskStatus::Done).await;
    let changes = board.changes(Some(&whole.cursor)).await.unwrap();
    let told: Vec<_> = changes.tasks.iter().map(|task| (task.id.clone(), task.status)).collect();
    assert_eq!(told, [(task.id.clone(), TaskStatus::Done)]);
    assert!(changes.tasks[0].updated_at > task.updated_at);
    let after = board.changes(Some(&changes.cursor)).await.unwrap();
    assert!(after.tasks.is_empty(), "what was told is not told again");
    let unknown = Cursor(String::from("a place of another board"));
    assert!(board.changes(Some(&unknown)).await.unwrap().is_whole, "a place it does not know");
}

async fn what_is_deleted_is_gone(board: &dyn Board, person: &dyn Person) {
    let task = board.create(&new_task("short-lived"), "short-lived", &recorded).await.unwrap().task;
    let cursor = board.changes(None).await.unwrap().cursor;
    person.deletes(&task.id).await;
    let changes = board.changes(Some(&cursor)).await.unwrap();
    assert!(changes.tasks.iter().all(|known| known.id != task.id));
    assert!(changes.gone.is_empty() || changes.gone == [task.id.clone()], "{changes:?}");
    assert_eq!(board.find(&task.key).await.unwrap(), None);
    assert!(board.changes(None).await.unwrap().tasks.iter().all(|known| known.id != task.id));
}

async fn writes_arrive_in_order_and_a_repeat_changes_nothing(board: &dyn Board, person: &dyn Person) {
    let task = board.create(&new_task("written"), "written", &recorded).await.unwrap().task;
    let status = async || board.find(&task.id).await.unwrap().unwrap().status;
    let mut batch = vec![owed(1, &task.id, BoardWrite::Move { status: TaskStatus::InProgress })];
    let comment = |number: i64| owed(number, &task.id, BoardWrite::comment(format!("comment {number}")));
    batch.extend((2..64).map(comment));
    batch.push(owed(64, &task.id, BoardWrite::Move { status: TaskStatus::Blocked }));
    let written = board.write(&batch).await;
    assert_eq!(written.len(), 64);
    assert!(written.iter().all(|written| matches!(written, Ok(WriteOutcome::Written))), "{written:?}");
    assert_eq!(status().await, TaskStatus::Blocked);
    let comments: Vec<_> = (2..64).map(|number| format!("comment {number}")).collect();
    assert_eq!(person.comments(&task.id).await, comments);
    let later = [owed(65, &task.id, BoardWrite::Move { status: TaskStatus::Done })];
    assert!(matches!(board.write(&later).await[..], [Ok(WriteOutcome::Written)]));
    for owed in &mut batch {
        owed.attempts = 1;
    }
    let again = board.write(&batch).await;
    assert!(again.iter().all(Result::is_ok), "{again:?}");
    assert_eq!((status().await, person.comments(&task.id).await.len()), (TaskStatus::Done, 62));
}

async fn a_write_to_nothing_fails_alone(board: &dyn Board, person: &dyn Person) {
    let task = board.create(&new_task("beside"), "beside", &recorded).await.unwrap().task;
    let say = |number, id: &str| owed(number, id, BoardWrite::comment(String::from("said")));
    let written = board.write(&[say(100, "gone"), say(101, &task.id)]).await;
    assert!(matches!(written[..], [Err(BoardError::NoSuchTask), Ok(WriteOutcome::Written)]), "{written:?}");
    assert_eq!(person.comments(&task.id).await, ["said"]);
}

async fn every_status_it_says_it_shows_is_read_back(board: &dyn Board) {
    for (number, status) in (200..).zip(board.describe().statuses) {
        let once = format!("shows {status}");
        let task = board.create(&new_task(&once), &once, &recorded).await.unwrap().task;
        let written = board.write(&[owed(number, &task.id, BoardWrite::Move { status })]).await;
        assert!(matches!(written[..], [Ok(WriteOutcome::Written)]), "{status}: {written:?}");
        assert_eq!(board.find(&task.id).await.unwrap().unwrap().status, status);
        let new = NewTask { status, ..new_task(&once) };
        let made = board.create(&new, &format!("{once} at once"), &recorded).await.unwrap();
        assert_eq!((made.task.status, made.warnings), (status, Vec::new()));
    }
}

async fn a_task_waits_for_what_it_depends_on(board: &dyn Board) {
    let base = board.create(&new_task("base"), "base", &recorded).await.unwrap().task;
    let new = NewTask { dependencies: vec![base.id.clone()], ..new_task("roof") };
    let made = board.create(&new, "roof", &recorded).await.unwrap();
    assert_eq!((&made.task.dependencies[..], made.warnings), (&[base.id][..], Vec::new()));
    let whole = board.changes(None).await.unwrap().tasks;
    let roof = whole.iter().find(|task| task.id == made.task.id).unwrap();
    assert_eq!(roof.dependencies, made.task.dependencies);
}

async fn what_is_said_of_a_claim_ends_with_the_newest(board: &dyn Board, person: &dyn Person) {
    let task = board.create(&new_task("running"), "running", &recorded).await.unwrap().task;
    let say = |number, generation, text: &str| {
        let text = text.to_owned();
        owed(number, &task.id, BoardWrite::Progress { generation, text, mark: None })
    };
    let batches = [
        vec![say(300, 7, "begun")],
        vec![say(301, 7, "half"), say(302, 7, "most")],
        vec![say(303, 8, "another's")],
    ];
    for batch in &batches {
        let written = board.write(batch).await;
        assert!(written.iter().all(|written| matches!(written, Ok(WriteOutcome::Written))), "{written:?}");
    }
    let comments = person.comments(&task.id).await;
    assert_eq!(comments.last().map(String::as_str), Some("another's"));
    assert!(comments.contains(&String::from("most")), "{comments:?}");
    let expected = if person.sees_edits() { 2 } else { 4 };
    assert_eq!(comments.len(), expected, "{comments:?}");
}

async fn looking_it_over_changes_nothing(board: &dyn Board) {
    let cursor = board.changes(None).await.unwrap().cursor;
    board.check().await.unwrap();
    assert!(board.changes(Some(&cursor)).await.unwrap().tasks.is_empty());
    assert!(board.received("ping", b"{}").is_none(), "nothing of its own");
    assert!(board.received("issues", b"not JSON").is_none());
}
