//! The board keeps the contract, with labels and with a project.

use std::time::Duration;

use taskgate::{
    boards::Board,
    model::{BoardWrite, TaskStatus, WriteOutcome},
};

use super::{
    person::AtGithub,
    setup::{GATEWAY, REPO, board, fake},
};
use crate::{contract, new_task, owed, recorded};

#[tokio::test]
async fn a_board_of_labels_keeps_the_contract() {
    let github = fake();
    let board = board(&github, None);
    contract::kept_by(&board, &AtGithub { github: &github, project: None }).await;
}

#[tokio::test]
async fn a_board_with_a_project_keeps_the_contract() {
    let github = fake();
    let project = github.change(|world| world.new_project("octo", 3));
    let board = board(&github, Some(3));
    contract::kept_by(&board, &AtGithub { github: &github, project: Some(project) }).await;
}

/// A list that does not have it yet makes no task gone.
#[tokio::test]
async fn a_task_is_not_gone_because_a_list_lags() {
    let github = fake();
    let board = board(&github, None);
    let known = board.changes(None).await.unwrap().cursor;
    github.change(|world| world.tracker.lag = Duration::from_secs(3600));
    let made = board.create(&new_task("new"), "new", &recorded).await.unwrap().task;
    let whole = board.changes(None).await.unwrap();
    assert_eq!(whole.tasks.iter().map(|task| &task.id).collect::<Vec<_>>(), [&made.id]);
    assert!(board.changes(Some(&known)).await.unwrap().gone.is_empty());
    github.change(|world| world.tracker.settle());
    github.change(|world| world.delete_issue(0, "ana"));
    assert_eq!(board.changes(Some(&whole.cursor)).await.unwrap().gone, Vec::<String>::new());
    assert!(board.changes(None).await.unwrap().tasks.is_empty(), "it is found when everything is read");
    assert_eq!(board.changes(Some(&whole.cursor)).await.unwrap().gone, [made.id]);
}

/// Whoever edits a field's options may give all of them other ids.
#[tokio::test]
async fn a_status_is_set_by_the_options_there_are_now() {
    let github = fake();
    let project = github.change(|world| world.new_project("octo", 3));
    let board = board(&github, Some(3));
    let made = board.create(&new_task("new"), "new", &recorded).await.unwrap().task;
    github.change(|world| {
        let names = ["Backlog", "Todo", "Done", "In Progress"];
        world.tracker.projects[project].fields[1].options =
            Some(names.iter().map(|name| (*name).to_owned()).collect());
    });
    let written = board.write(&[owed(1, &made.id, BoardWrite::Move { status: TaskStatus::Done })]).await;
    assert!(matches!(written[..], [Ok(WriteOutcome::Written)]), "{written:?}");
    let chosen = github.change(|world| world.tracker.projects[project].items[0].now.values.get(&1).copied());
    assert_eq!(chosen, Some(2));
}

/// What is read by itself may be newer than what no list has shown yet.
#[tokio::test]
async fn a_change_is_not_passed_over_because_something_newer_was_read_by_itself() {
    let github = fake();
    let [one, two] = github.change(|world| {
        world.tracker.time.stand_at(1_800_000_000);
        ["one", "two"].map(|title| world.file_issue(REPO, GATEWAY, title))
    });
    let board = board(&github, None);
    let whole = board.changes(None).await.unwrap();
    let id = |title: &str| whole.tasks.iter().find(|task| task.title == title).unwrap().id.clone();
    github.change(|world| {
        world.label_issue(one, "ana", "changed");
        world.tracker.time.stand_at(1_800_000_060);
        world.label_issue(two, "ana", "changed");
    });
    board.find(&id("two")).await.unwrap();
    let told = board.changes(Some(&whole.cursor)).await.unwrap().tasks;
    assert_eq!(told.iter().map(|task| task.title.as_str()).collect::<Vec<_>>(), ["one", "two"]);
}
