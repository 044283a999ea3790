//! What is written there: once, whoever tries again, and what people took away is said anew where it must be.

use std::sync::Arc;

use serde_json::json;
use taskgate::{
    boards::{Board, BoardError},
    clock::SystemClock,
    config::LinearBoardSettings,
    model::{BoardWrite, ClaimMark, NewTask, TaskStatus, UnixMillis, WriteOutcome},
};

use super::setup::{board, board_with, fake, settings};
use crate::{
    new_task, owed, recorded,
    support::{github::Fault, linear::FakeLinear},
};

fn progress(sequence: i64, task: &str, text: &str) -> taskgate::model::OwedWrite {
    let mark = ClaimMark {
        agent_id: String::from("ana"),
        generation: 7,
        progress: 10,
        until: UnixMillis(1_900_000_000_000),
        holds: true,
    };
    owed(sequence, task, BoardWrite::Progress { generation: 7, text: text.to_owned(), mark: Some(mark) })
}

fn comments(linear: &FakeLinear, task: &str) -> Vec<String> {
    linear.change(|world| world.comments(task))
}

#[tokio::test]
async fn what_lost_its_answer_is_not_done_again_by_another_process() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let (one, two) = (board(&linear), board(&linear));
    let writes = [
        owed(1, &task, BoardWrite::Move { status: TaskStatus::InProgress }),
        owed(2, &task, BoardWrite::comment(String::from("said"))),
        progress(3, &task, "going"),
    ];
    for (write, operation) in writes.into_iter().zip(["IssueUpdate", "CommentCreate", "CommentCreate"]) {
        linear.fail_on(operation, 1, &Fault::DropAfter);
        let mut write = [write];
        assert!(matches!(one.write(&write).await[0], Err(BoardError::Unavailable { .. })), "{operation}");
        write[0].attempts = 1;
        assert!(matches!(two.write(&write).await[0], Ok(WriteOutcome::Written)), "{operation}");
    }
    let said = comments(&linear, &task);
    assert_eq!(said.len(), 2, "{said:?}");
    linear.fail_on("IssueCreate", 1, &Fault::DropAfter);
    let made = one.create(&new_task("made"), "made", &recorded).await.unwrap();
    assert_eq!(made.warnings, Vec::<String>::new());
    let again = two.create(&new_task("made"), "made", &recorded).await.unwrap();
    assert_eq!((again.task.id, linear.change(|world| world.data.issues.len())), (made.task.id, 2));
}

#[tokio::test]
async fn the_comment_of_a_claim_that_a_person_took_away_is_made_anew_once() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let (one, two) = (board(&linear), board(&linear));
    let write = async |board: &taskgate::boards::LinearBoard, write| {
        let written = board.write(&[write]).await;
        assert!(matches!(written[..], [Ok(WriteOutcome::Written)]), "{written:?}");
    };
    write(&one, progress(1, &task, "first")).await;
    linear.change(|world| world.data.comments[0].is_deleted = true);
    write(&one, progress(2, &task, "second")).await;
    write(&two, progress(3, &task, "third")).await;
    write(&one, progress(4, &task, "fourth")).await;
    let said = comments(&linear, &task);
    assert!(said.len() == 1 && said[0].starts_with("fourth"), "{said:?}");
    let told = two.told_claim(&task).await.unwrap().unwrap();
    assert_eq!((told.mark.agent_id.as_str(), told.text.as_str()), ("ana", "fourth"));
    // A word that people have taken away was heard.
    write(&one, owed(5, &task, BoardWrite::comment(String::from("heard")))).await;
    linear.change(|world| world.data.comments.last_mut().unwrap().is_deleted = true);
    write(&two, owed(5, &task, BoardWrite::comment(String::from("heard")))).await;
    assert_eq!(comments(&linear, &task).len(), 1);
}

#[tokio::test]
async fn the_label_that_says_blocked_is_made_once_and_taken_away_again() {
    let linear = fake();
    let tasks = linear.change(|world| ["one", "two"].map(|title| world.file(0, title, "started")));
    let boards = [board(&linear), board(&linear)];
    for board in &boards {
        board.changes(None).await.unwrap();
    }
    let block = async |at: usize| {
        let write = owed(at as i64, &tasks[at], BoardWrite::Move { status: TaskStatus::Blocked });
        boards[at].write(&[write]).await.remove(0).unwrap()
    };
    tokio::join!(block(0), block(1));
    assert_eq!(linear.change(|world| world.data.labels.len()), 1);
    let kinds = |linear: &FakeLinear| {
        linear.change(|world| {
            let issue = world.issue(&tasks[0]);
            (world.data.states[issue.state].kind, issue.labels.len())
        })
    };
    assert_eq!(kinds(&linear), ("started", 1));
    linear.heard();
    let back = owed(9, &tasks[0], BoardWrite::Move { status: TaskStatus::Todo });
    boards[0].write(&[back]).await.remove(0).unwrap();
    assert_eq!(kinds(&linear), ("unstarted", 0));
    let writes: Vec<_> = linear.heard().into_iter().filter(|heard| heard.is_write).collect();
    assert_eq!(writes.len(), 1, "state and label change in one step");
}

#[tokio::test]
async fn a_team_without_a_state_for_a_status_says_so() {
    let linear = fake();
    linear.change(|world| {
        world.data.states.retain(|state| state.kind != "canceled" && state.kind != "duplicate");
    });
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let board = board(&linear);
    let report = board.check().await.unwrap();
    assert!(report.problems.iter().any(|problem| problem.contains("read as cancelled")), "{report:?}");
    assert!(!board.describe().statuses.contains(&TaskStatus::Cancelled));
    let cancel = owed(1, &task, BoardWrite::Move { status: TaskStatus::Cancelled });
    match board.write(&[cancel]).await.remove(0) {
        Err(BoardError::Rejected { reason }) => {
            assert!(reason.contains("TASKGATE_BOARD_STATUSES"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_task_is_made_with_all_that_it_has_and_what_could_not_be_is_told() {
    let linear = fake();
    let base = linear.change(|world| world.file(0, "base", "unstarted"));
    let board = board(&linear);
    let new = NewTask {
        labels: vec![String::from("rust"), String::from("Rust"), String::from("api")],
        dependencies: vec![base.clone(), String::from("ENG-1"), String::from("ENG-99")],
        description: String::from("See https://linear.app/acme/profiles/ana"),
        ..new_task("roof")
    };
    let made = board.create(&new, "roof", &recorded).await.unwrap();
    assert_eq!((made.task.dependencies, made.warnings), (vec![base], vec![]));
    assert_eq!(made.task.labels, ["rust", "api"]);
    let text = linear.change(|world| world.issue(&made.task.id).description.clone());
    assert_eq!(text, "See `https://linear.app/acme/profiles/ana`\n\nEstimate: 30 minutes");
    linear.fail_on(
        "LabelCreate",
        1,
        &Fault::answer(
            200,
            &[],
            &json!({"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}),
        ),
    );
    let new = NewTask { labels: vec![String::from("new")], ..new_task("half") };
    let half = board.create(&new, "half", &recorded).await.unwrap();
    assert!(half.warnings.len() == 1 && half.warnings[0].contains("the label new"), "{:?}", half.warnings);
}

#[tokio::test]
async fn who_may_only_read_is_told_so_and_writes_nothing() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let key = linear.key("reader", false);
    let credential = taskgate::config::LinearCredentialSettings::Key(key.into());
    let board =
        board_with(LinearBoardSettings { credential, ..settings(&linear) }, Arc::new(SystemClock::new()));
    let report = board.check().await.unwrap();
    assert!(
        report.problems[0].contains("may not write") && report.problems[0].contains("Invalid scope"),
        "{report:?}"
    );
    let written = board.write(&[owed(1, &task, BoardWrite::comment(String::from("said")))]).await;
    assert!(matches!(written[..], [Err(BoardError::Forbidden { .. })]), "{written:?}");
}

/// <https://github.com/coalesce-labs/catalyst/issues/1423>, <https://github.com/anthropics/claude-code/issues/45410>
#[tokio::test]
async fn of_a_group_of_labels_an_issue_has_one_and_a_group_is_no_label() {
    let linear = fake();
    let (task, ids) = linear.change(|world| {
        let ids = world.new_group("worker", &["needs-human", "blocked"]);
        world.new_group("kind", &["bug", "feature"]);
        let task = world.file(0, "one", "started");
        world.change(&task, |issue| issue.labels = vec![ids[0].clone()]);
        (task, ids)
    });
    let board = board(&linear);
    let blocked = [owed(1, &task, BoardWrite::Move { status: TaskStatus::Blocked })];
    assert!(matches!(board.write(&blocked).await[..], [Ok(WriteOutcome::Written)]));
    assert_eq!(linear.change(|world| world.issue(&task).labels.clone()), [ids[1].clone()]);
    let labels = ["bug", "feature", "kind", "needs-human"].map(str::to_owned).to_vec();
    let new = NewTask { labels, status: TaskStatus::Blocked, ..new_task("made") };
    let made = board.create(&new, "made", &recorded).await.unwrap();
    assert_eq!((made.task.status, made.task.labels), (TaskStatus::Blocked, vec![String::from("bug")]));
    assert_eq!(made.warnings.len(), 2, "{:?}", made.warnings);
    assert!(made.warnings[0].contains("feature") && made.warnings[1].contains("kind is a group"));
}

fn refusal(code: &str, message: &str) -> Fault {
    let error = json!({"message": message, "extensions": {"code": code, "userError": true}});
    Fault::answer(200, &[], &json!({"data": null, "errors": [error]}))
}

#[tokio::test]
async fn what_is_refused_for_one_issue_is_told_and_holds_up_no_other() {
    let linear = fake();
    let tasks = linear.change(|world| ["one", "two"].map(|title| world.file(0, title, "unstarted")));
    let (board, mut number) = (board(&linear), 0);
    // Linear says so of the texts of issues as well, and then nothing is there: https://github.com/linearis-oss/linearis
    for (code, message) in [
        ("FORBIDDEN", "You cannot comment on this issue"),
        ("INVALID_INPUT", "Argument Validation Error"),
        ("INPUT_ERROR", "Conflict on insert of DocumentContent"),
    ] {
        linear.fail_on("CommentCreate", 1, &refusal(code, message));
        number += 2;
        let say = |number, task| owed(number, task, BoardWrite::comment(format!("said {number}")));
        let written = board.write(&[say(number, &tasks[0]), say(number + 1, &tasks[1])]).await;
        match &written[..] {
            [Err(BoardError::Rejected { reason }), Ok(WriteOutcome::Written)] => assert_eq!(reason, message),
            other => panic!("{message}: {other:?}"),
        }
    }
    assert_eq!((comments(&linear, &tasks[0]).len(), comments(&linear, &tasks[1]).len()), (0, 3));
}

#[tokio::test]
async fn the_comment_of_another_user_is_not_edited_but_another_one_is_made() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let (one, two) = (board(&linear), board(&linear));
    one.write(&[progress(1, &task, "as one user")]).await.remove(0).unwrap();
    linear.fail_on("CommentUpdate", 1, &refusal("FORBIDDEN", "You can only edit your own comments"));
    two.write(&[progress(2, &task, "as another")]).await.remove(0).unwrap();
    two.write(&[progress(3, &task, "as another, later")]).await.remove(0).unwrap();
    let said = comments(&linear, &task);
    assert!(said.len() == 2 && said[1].starts_with("as another, later"), "{said:?}");
}
