//! What is written, and what is not: each thing once, nothing over what a person did.

use std::time::Duration;

use serde_json::json;
use taskgate::{
    boards::{Board, BoardError, PlankaBoard},
    model::{BoardWrite, NewTask, OwedWrite, Priority, TaskStatus, WriteOutcome},
};

use super::setup::{Place, board_of};
use crate::{new_task, owed, person::Person, recorded, support::github::Fault};

fn to(sequence: i64, card: &str, status: TaskStatus) -> OwedWrite {
    owed(sequence, card, BoardWrite::Move { status })
}

fn said(sequence: i64, card: &str, text: &str) -> OwedWrite {
    let mut said = owed(sequence, card, BoardWrite::comment(text.to_owned()));
    said.entry.at = taskgate::clock::Clock::now(&taskgate::clock::SystemClock::new());
    said
}

async fn write(board: &PlankaBoard, owed: OwedWrite) -> Result<WriteOutcome, BoardError> {
    board.write(&[owed]).await.remove(0)
}

#[tokio::test]
async fn a_move_goes_behind_the_last_card_and_one_that_stands_writes_nothing() {
    let place = Place::whole();
    let board = board_of(&place);
    let (first, card) = (place.card("In Progress", "first"), place.card("Todo", "one"));
    board.changes(None).await.unwrap();
    assert!(matches!(write(&board, to(1, &card, TaskStatus::InProgress)).await, Ok(WriteOutcome::Written)));
    assert_eq!(place.list_of(&card), "In Progress");
    let position =
        |id: &str| place.planka.change(|world| world.one("cards", id).unwrap()["position"].as_f64().unwrap());
    assert!(position(&card) > position(&first));
    let _ = place.planka.heard();
    assert!(matches!(write(&board, to(2, &card, TaskStatus::InProgress)).await, Ok(WriteOutcome::Written)));
    assert_eq!(place.planka.heard(), [format!("GET /api/cards/{card}")]);
    assert!(matches!(write(&board, to(2, &card, TaskStatus::InProgress)).await, Ok(WriteOutcome::Written)));
    assert!(place.planka.heard().is_empty(), "nor is what is known to be written looked at");
}

#[tokio::test]
async fn a_person_who_was_quicker_wins() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    board.changes(None).await.unwrap();
    place.moves(&card, TaskStatus::Done).await;
    let written = write(&board, to(1, &card, TaskStatus::InProgress)).await;
    assert!(matches!(written, Ok(WriteOutcome::Superseded)), "{written:?}");
    assert_eq!(place.list_of(&card), "Done");
}

#[tokio::test]
async fn a_status_without_a_list_is_a_label_which_goes_with_the_status() {
    let place = Place::with(&[("Todo", "active"), ("Done", "closed")]);
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let statuses = [
        TaskStatus::Backlog,
        TaskStatus::Todo,
        TaskStatus::InProgress,
        TaskStatus::Blocked,
        TaskStatus::Done,
    ];
    board.changes(None).await.unwrap();
    assert_eq!(board.describe().statuses, statuses);
    let labels = || {
        place.planka.change(|world| {
            let ids = world
                .of("cardLabels", "cardId", &card)
                .map(|label| label["labelId"].as_str().unwrap().to_owned());
            let ids: Vec<_> = ids.collect();
            ids.iter()
                .map(|id| world.one("labels", id).unwrap()["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
    };
    write(&board, to(1, &card, TaskStatus::InProgress)).await.unwrap();
    assert_eq!((labels(), place.list_of(&card)), (vec![String::from("in-progress")], String::from("Todo")));
    write(&board, to(2, &card, TaskStatus::Blocked)).await.unwrap();
    assert_eq!(labels(), ["blocked"]);
    write(&board, to(3, &card, TaskStatus::Done)).await.unwrap();
    assert_eq!((labels(), place.list_of(&card)), (vec![], String::from("Done")));
    place.moves(&card, TaskStatus::Todo).await;
    board.changes(None).await.unwrap();
    write(&board, to(4, &card, TaskStatus::Cancelled)).await.unwrap();
    assert_eq!(place.list_of(&card), "Done", "the nearest");
    let bare = Place::with(&[("Todo", "active")]);
    let (board, card) = (board_of(&bare), bare.card("Todo", "one"));
    let refused = write(&board, to(1, &card, TaskStatus::Done)).await.unwrap_err();
    assert!(refused.to_string().contains("no list of the board is read as done: make one"), "{refused}");
}

#[tokio::test]
async fn what_may_have_arrived_is_looked_for_before_it_is_sent_again() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let comments = format!("POST /api/cards/{card}/comments");
    place.planka.fail(&comments, 1, &Fault::DropAfter);
    let mut once = said(1, &card, "said");
    assert!(matches!(write(&board, once.clone()).await, Err(BoardError::Unavailable { .. })));
    once.attempts = 1;
    // A restart knows nothing of it.
    for process in [&board, &board_of(&place)] {
        assert!(matches!(write(process, once.clone()).await, Ok(WriteOutcome::Written)));
        assert_eq!(place.texts(&card), ["said\n\n[//]: # (taskgate:write-1)"]);
    }
    // Somebody else's with the same mark is none of ours.
    let copied = said(2, &card, "copied");
    place.planka.change(|world| world.add_comment(&card, &place.person, "x\n\n[//]: # (taskgate:write-2)"));
    let mut again = copied;
    again.attempts = 1;
    write(&board, again).await.unwrap();
    assert_eq!(place.comments(&card).await, ["said", "x", "copied"]);
    place.planka.fail(&format!("PATCH /api/cards/{card}"), 1, &Fault::DropAfter);
    assert!(write(&board, to(3, &card, TaskStatus::InProgress)).await.is_err());
    assert!(matches!(write(&board, to(3, &card, TaskStatus::InProgress)).await, Ok(WriteOutcome::Written)));
    assert_eq!(place.list_of(&card), "In Progress");
}

#[tokio::test]
async fn a_claims_comment_is_found_again_among_many_and_made_anew_where_a_person_took_it_away() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    // One claim, though a second passes.
    let generation = said(0, &card, "").entry.at.seconds();
    let say = |sequence, text: &str| {
        let mut say = said(sequence, &card, "");
        say.entry.write = BoardWrite::Progress { generation, text: text.to_owned(), mark: None };
        say
    };
    write(&board, say(1, "begun")).await.unwrap();
    place.planka.change(|world| {
        for number in 0..120 {
            world.add_comment(&card, &place.person, &format!("chat {number}"));
        }
    });
    write(&board_of(&place), say(2, "half")).await.unwrap();
    let texts = place.comments(&card).await;
    assert_eq!((texts.len(), texts[0].as_str()), (121, "half"));
    place.planka.change(|world| world.drop_where("comments", |comment| comment["userId"] == place.gateway));
    write(&board, say(3, "most")).await.unwrap();
    assert_eq!(place.comments(&card).await.last().map(String::as_str), Some("most"));
}

#[tokio::test]
async fn a_task_is_made_once_though_the_answer_is_lost_and_what_failed_after_it_is_told() {
    let place = Place::whole();
    let board = board_of(&place);
    place.planka.fail("POST /api/lists/", 1, &Fault::DropAfter);
    let made = board.create(&new_task("lost"), "lost", &recorded).await.unwrap();
    assert_eq!(made.warnings, Vec::<String>::new());
    let again = board_of(&place).create(&new_task("lost"), "lost", &recorded).await.unwrap();
    assert_eq!(again.task.id, made.task.id);
    assert_eq!(place.planka.change(|world| world.all("cards").len()), 1);
    let shown =
        place.planka.change(|world| world.all("cards")[0]["description"].as_str().unwrap().to_owned());
    assert_eq!(shown, "What lost is about\n\nEstimate: 30 minutes\n\n[//]: # (taskgate:once:lost)");
    place.planka.fail("POST /api/task-lists/", 1, &Fault::status(502));
    let new = NewTask { dependencies: vec![made.task.id.clone()], ..new_task("half") };
    let half = board.create(&new, "half", &recorded).await.unwrap();
    assert!(
        half.warnings.len() == 1 && half.warnings[0].contains("what it waits for"),
        "{:?}",
        half.warnings
    );
    let whole = board.create(&new, "half", &recorded).await.unwrap();
    assert_eq!((whole.task.id, whole.task.dependencies), (half.task.id, vec![made.task.id]));
    assert_eq!(whole.warnings, Vec::<String>::new());
    assert_eq!(place.planka.change(|world| world.all("taskLists").len()), 1);
}

#[tokio::test]
async fn a_priority_is_written_into_the_boards_own_field() {
    let place = Place::whole();
    place.planka.change(|world| {
        let group = json!({"name": "Planning", "boardId": place.board, "cardId": null, "baseCustomFieldGroupId": null});
        let group = world.put("customFieldGroups", group);
        world.put("customFields", json!({"name": "priority", "customFieldGroupId": group["id"]}));
    });
    let board = board_of(&place);
    let made = board.create(&new_task("one"), "one", &recorded).await.unwrap();
    assert_eq!((made.task.priority, made.warnings), (Priority::High, Vec::new()));
    let written = place.planka.change(|world| world.all("customFieldValues")[0]["content"].clone());
    assert_eq!(written, "High");
    assert_eq!(made.task.labels, ["rust"]);
}

#[tokio::test]
async fn who_may_not_write_is_told_what_is_missing() {
    for role in [None, Some("viewer")] {
        let place = Place::whole();
        let (board, card) = (board_of(&place), place.card("Todo", "one"));
        place.planka.change(|world| {
            world.drop_where("boardMemberships", |member| member["userId"] == place.gateway);
            if let Some(role) = role {
                world.add_member(&place.board, &place.gateway, role);
            }
        });
        let failed = [
            write(&board, to(1, &card, TaskStatus::Done)).await.unwrap_err(),
            write(&board, said(2, &card, "said")).await.unwrap_err(),
            board.create(&new_task("new"), "new", &recorded).await.unwrap_err(),
        ];
        for error in failed {
            assert!(
                matches!(&error, BoardError::Forbidden { missing } if missing.contains("role editor")),
                "{error:?}"
            );
        }
        let report = board.check().await.unwrap();
        assert!(report.problems[0].contains("may not write"), "{:?}", report.problems);
    }
}

/// Planka's own webhooks have the board read while a task is being made.
#[tokio::test]
async fn what_was_written_is_not_forgotten_for_a_reading_from_before() {
    let place = Place::whole();
    let board = board_of(&place);
    let base = board.create(&new_task("base"), "base", &recorded).await.unwrap().task;
    let new = NewTask { priority: Priority::Low, labels: vec![String::from("new")], ..new_task("one") };
    let pause = async |millis| tokio::time::sleep(Duration::from_millis(millis)).await;
    // A reading is begun once the task's own is over, and ends when all is made.
    place.planka.fail("GET /api/cards/", 1, &Fault::Late(Duration::from_millis(200)));
    let late = async {
        pause(100).await;
        place.planka.fail("GET /api/boards/", 1, &Fault::Late(Duration::from_millis(600)));
        board.changes(None).await.unwrap()
    };
    let made = async {
        write(&board, to(1, &base.id, TaskStatus::InProgress)).await.unwrap();
        board.create(&new, "one", &recorded).await.unwrap().task
    };
    let (late, made) = tokio::join!(late, made);
    let moved = late.tasks.iter().find(|task| task.id == base.id).unwrap();
    assert_eq!(moved.status, TaskStatus::InProgress, "the move is newer than that reading");
    assert_eq!((made.priority, &made.labels[..]), (Priority::Low, &["new".to_owned()][..]));
    let now = board.changes(None).await.unwrap().tasks;
    assert_eq!(now.iter().find(|task| task.id == made.id), Some(&made));
}

#[tokio::test]
async fn a_label_or_a_person_that_is_new_is_read_with_the_card() {
    let place = Place::with(&[("Todo", "active"), ("Done", "closed")]);
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    board.changes(None).await.unwrap();
    place.planka.change(|world| {
        let label = world.add_label(&place.board, "P0");
        world.label_card(&card, &label);
        let eve = world.add_user("Eve", "boardUser", crate::support::planka::Secrets::default());
        world.add_member(&place.board, &eve, "editor");
        world.put("cardMemberships", json!({"cardId": card, "userId": eve}));
    });
    let task = board.find(&card).await.unwrap().unwrap();
    assert_eq!((task.priority, task.assignee.as_deref()), (Priority::Urgent, Some("Eve")));
    let _ = place.planka.heard();
    board.find(&card).await.unwrap();
    assert_eq!(place.planka.heard(), [format!("GET /api/cards/{card}")], "once");
}
