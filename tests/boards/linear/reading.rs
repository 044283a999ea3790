//! What of Linear becomes what of a task, and what is seen when.

use taskgate::{
    boards::{Board, LinearBoard},
    clock::SystemClock,
    model::{BoardWrite, Priority, Task, TaskStatus},
};

use super::{
    person::AtLinear,
    setup::{board, board_with, fake, settings},
};
use crate::{new_task, owed, person::Person, recorded, support::linear::FakeLinear};

async fn found(board: &LinearBoard, name: &str) -> Task {
    board.find(name).await.unwrap().unwrap_or_else(|| panic!("no {name}"))
}

/// Names of what changed since the last time this was asked, and what is gone.
async fn changes(
    board: &LinearBoard,
    since: &mut Option<taskgate::boards::Cursor>,
) -> (Vec<String>, Vec<String>) {
    let changes = board.changes(since.as_ref()).await.unwrap();
    *since = Some(changes.cursor);
    (changes.tasks.into_iter().map(|task| task.title).collect(), changes.gone)
}

#[tokio::test]
async fn an_issue_becomes_a_task_with_all_that_is_its() {
    let linear = fake();
    linear.change(|world| {
        let (bug, blocked) = (world.new_label(None, "Bug"), world.new_label(Some(0), "blocked"));
        let id = world.file(0, "one", "started");
        world.change(&id, |issue| {
            issue.description = String::from("It leaks.\n\nEstimate: 90 minutes");
            (issue.priority, issue.estimate) = (1, Some(3.0));
            (issue.assignee, issue.labels) = (Some(String::from("ana")), vec![bug]);
        });
        let id = world.file(0, "two", "started");
        world.change(&id, |issue| {
            (issue.labels, issue.delegate) = (vec![blocked.clone()], Some("robot".into()));
        });
        let id = world.file(0, "three", "completed");
        world.change(&id, |issue| issue.labels = vec![blocked]);
        world.file(0, "four", "duplicate");
    });
    let board = board(&linear);
    let one = found(&board, "ENG-1").await;
    assert_eq!((one.description.as_str(), one.estimate_minutes), ("It leaks.", Some(90)));
    assert_eq!((one.priority, one.status), (Priority::Urgent, TaskStatus::InProgress));
    assert_eq!((one.labels, one.assignee.as_deref()), (vec!["Bug".into(), "3 points".into()], Some("ana")));
    assert_eq!(one.url.as_deref(), Some("https://linear.app/acme/issue/ENG-1/a_title"));
    let two = found(&board, "eng-2").await;
    assert_eq!(
        (two.status, two.labels, two.assignee.as_deref()),
        (TaskStatus::Blocked, vec![], Some("robot"))
    );
    assert_eq!(found(&board, "ENG-3").await.status, TaskStatus::Done, "closed wins");
    assert_eq!(found(&board, "ENG-4").await.status, TaskStatus::Cancelled);
}

#[tokio::test]
async fn names_of_states_go_before_their_types() {
    let linear = fake();
    let ids = linear.change(|world| {
        [
            ("Blocked", "started"),
            ("In Review", "started"),
            ("Ready", "backlog"),
            ("Building", "started"),
            ("Inbox", "triage"),
        ]
        .map(|(name, kind)| {
            let (state, id) = (world.new_state(0, name, kind), world.file(0, name, "backlog"));
            world.change(&id, |issue| issue.state = state);
            id
        })
    });
    let board = board(&linear);
    let mut read = Vec::new();
    for id in ids {
        read.push(found(&board, &id).await.status);
    }
    let expected = [
        TaskStatus::Blocked,
        TaskStatus::InProgress,
        TaskStatus::Todo,
        TaskStatus::InProgress,
        TaskStatus::Backlog,
    ];
    assert_eq!(read, expected);
}

#[tokio::test]
async fn an_issue_is_found_by_every_name_it_has_and_one_of_another_team_is_none() {
    let linear = fake();
    let (id, other) = linear.change(|world| {
        world.new_team("OPS");
        let (id, other) = (world.file(0, "here", "unstarted"), world.file(1, "there", "unstarted"));
        world.change(&id, |issue| issue.previous = vec![String::from("OLD-7")]);
        (id, other)
    });
    let board = board(&linear);
    let names =
        [&id, "ENG-1", "eng-1", "OLD-7", "https://linear.app/acme/issue/ENG-1/here#comment-1", " ENG-1 "];
    for name in names {
        assert_eq!(found(&board, name).await.id, id, "{name}");
    }
    // Linear does not always take a key where it takes an id: https://github.com/akhayam99/goodboy/pull/527
    linear.heard();
    let fresh = super::setup::board(&linear);
    assert_eq!(found(&fresh, "ENG-1").await.id, id);
    let asked: Vec<_> = linear.heard().into_iter().map(|heard| heard.operation).collect();
    assert!(!asked.contains(&String::from("IssueId")), "{asked:?}");
    for name in [&other, "OPS-1", "ENG-2", "ENG-x", "NO-1", "https://linear.app/acme/issue/OPS-1"] {
        assert_eq!(board.find(name).await.unwrap(), None, "{name}");
    }
    board.changes(None).await.unwrap();
    linear.heard();
    assert!(board.find("no such thing").await.unwrap().is_none());
    assert!(linear.heard().is_empty(), "nothing is asked for what no issue is called");
}

#[tokio::test]
async fn what_an_issue_waits_for_is_its_blockers_and_its_parts_and_none_elsewhere_is_waited_for_in_vain() {
    let linear = fake();
    linear.change(|world| {
        world.new_team("OPS");
        let ids: Vec<_> = ["roof", "wall", "part"].map(|title| world.file(0, title, "unstarted")).into();
        let (crane, done) = (world.file(1, "crane", "started"), world.file(1, "done", "completed"));
        let mut relate = |kind: &str, from: &str, to: &str| {
            let id = world.new_id();
            world.relate(id, kind, (from, to));
        };
        relate("blocks", &ids[1], &ids[0]);
        relate("related", &ids[2], &ids[0]);
        relate("blocks", &crane, &ids[1]);
        relate("blocks", &done, &ids[2]);
        let roof = ids[0].clone();
        world.change(&ids[2], |issue| issue.parent = Some(roof));
    });
    let board = board(&linear);
    board.changes(None).await.unwrap();
    let (roof, wall, part) =
        (found(&board, "ENG-1").await, found(&board, "ENG-2").await, found(&board, "ENG-3").await);
    assert_eq!(roof.dependencies, [wall.id, part.id]);
    let note = Some(String::from("it waits for OPS-1, which is not on this board"));
    assert_eq!((wall.status, wall.note), (TaskStatus::Blocked, note));
    assert_eq!((part.status, part.dependencies), (TaskStatus::Todo, vec![]));
}

#[tokio::test]
async fn more_labels_and_relations_than_a_list_shows_are_read_too() {
    let linear = fake();
    linear.change(|world| {
        let all: Vec<_> =
            (0..30).map(|number| world.file(0, &format!("issue {number}"), "unstarted")).collect();
        for blocker in &all[1..] {
            let id = world.new_id();
            world.relate(id, "blocks", (blocker, &all[0]));
        }
        let labels = (0..15).map(|number| world.new_label(None, &format!("label {number}"))).collect();
        world.change(&all[0], |issue| issue.labels = labels);
    });
    let board = board(&linear);
    let mut since = None;
    changes(&board, &mut since).await;
    let first = found(&board, "ENG-1").await;
    assert_eq!((first.labels.len(), first.dependencies.len()), (15, 29));
    linear.heard();
    assert_eq!(changes(&board, &mut since).await, (vec![], vec![]));
    let asked: Vec<_> = linear.heard().into_iter().map(|heard| heard.operation).collect();
    assert_eq!(asked, ["Issues", "IssueRest"], "what no list shows may have changed without a trace");
}

#[tokio::test]
async fn a_change_is_not_passed_over_because_something_newer_was_read_by_itself() {
    let linear = fake();
    let (one, two) = linear.change(|world| {
        world.stands_at = Some(1_800_000_000_000);
        (world.file(0, "one", "unstarted"), world.file(0, "two", "unstarted"))
    });
    let board = board(&linear);
    let mut since = None;
    changes(&board, &mut since).await;
    linear.change(|world| {
        world.change(&one, |issue| issue.title = String::from("one, changed"));
        world.stands_at = Some(1_800_000_060_000);
    });
    let moved = [owed(1, &two, BoardWrite::Move { status: TaskStatus::InProgress })];
    assert!(board.write(&moved).await[0].is_ok());
    let mut told = changes(&board, &mut since).await.0;
    told.sort_unstable();
    assert_eq!(told, ["one, changed", "two"]);
}

#[tokio::test]
async fn an_issue_that_leaves_is_gone() {
    let linear = fake();
    let (project, slug) = linear.change(|world| {
        world.new_team("OPS");
        let project = world.new_project(0, "Roadmap");
        (project, world.data.projects[project].id.clone())
    });
    let board = board_with(
        taskgate::config::LinearBoardSettings { project: Some(slug), ..settings(&linear) },
        std::sync::Arc::new(SystemClock::new()),
    );
    let ids = linear.change(|world| {
        ["leaves", "is archived", "moves", "stays"].map(|title| {
            let id = world.file(0, title, "unstarted");
            world.change(&id, |issue| issue.project = Some(project));
            id
        })
    });
    linear.change(|world| world.file(0, "never was in", "unstarted"));
    let mut since = None;
    assert_eq!(changes(&board, &mut since).await.0.len(), 4);
    linear.change(|world| {
        world.change(&ids[0], |issue| issue.project = None);
        world.change(&ids[1], |issue| issue.archived_at = Some(1));
        world.change(&ids[2], |issue| (issue.team, issue.project) = (1, None));
    });
    let mut gone = changes(&board, &mut since).await.1;
    gone.sort_unstable();
    assert_eq!(gone, ids[..2]);
    let body = linear.deliveries().pop().unwrap().body.to_string();
    let touched = board.received("Issue", body.as_bytes()).unwrap();
    assert_eq!((touched[0].id.as_str(), touched[0].version), (ids[2].as_str(), 0), "a webhook tells of it");
    assert!(board.tasks(&[ids[2].clone()]).await.unwrap().is_empty());
    assert_eq!(changes(&board, &mut since).await.1, [ids[2].clone()]);
    let whole = board.changes(None).await.unwrap();
    assert_eq!(whole.tasks.iter().map(|task| &task.id).collect::<Vec<_>>(), [&ids[3]]);
}

#[tokio::test]
async fn a_thousand_issues_are_read_in_ten_pages_and_a_refresh_is_one_request() {
    let linear = fake();
    linear.change(|world| {
        for number in 0..1_000 {
            world.file(0, &format!("issue {number}"), "unstarted");
        }
    });
    let board = board(&linear);
    let whole = board.changes(None).await.unwrap();
    assert_eq!((whole.tasks.len(), linear.answered().len()), (1_000, 12));
    let whole_every = board.whole_every().as_secs();
    assert_eq!(whole_every, 600);
    // What changed lately is asked for again: here, that is all of it.
    board.changes(Some(&whole.cursor)).await.unwrap();
    assert_eq!(linear.answered().len(), 10);
    linear.change(|world| world.stands_at = Some(world.now() + 60_000));
    linear.change(|world| world.file(0, "new", "unstarted"));
    board.changes(Some(&whole.cursor)).await.unwrap();
    linear.answered();
    assert_eq!(board.changes(Some(&whole.cursor)).await.unwrap().tasks.len(), 1);
    assert_eq!(linear.answered(), [("Issues".into(), 200)]);
}

#[tokio::test]
async fn reading_leaves_the_last_of_the_hour_to_people() {
    let linear = fake();
    let id = linear.change(|world| world.file(0, "one", "unstarted"));
    let board = board(&linear);
    linear.leave(253);
    let whole = board.changes(None).await.unwrap();
    assert!(matches!(
        board.changes(Some(&whole.cursor)).await,
        Err(taskgate::boards::BoardError::RateLimited { .. })
    ));
    assert!(board.find(&id).await.unwrap().is_some(), "somebody waits for that");
}

#[tokio::test]
async fn webhooks_tell_of_this_team_and_of_nothing_else() {
    let linear = fake();
    let (id, child) = linear.change(|world| {
        world.new_team("OPS");
        world.file(1, "there", "unstarted");
        let label = world.new_label(None, "Bug");
        let id = world.file(0, "here", "unstarted");
        world.change(&id, |issue| issue.labels = vec![label]);
        (id, world.file(0, "child", "unstarted"))
    });
    let board = board(&linear);
    board.changes(None).await.unwrap();
    let touched = |event: &str, body: &serde_json::Value| {
        let touched = board.received(event, body.to_string().as_bytes());
        touched.map(|touched| touched.into_iter().map(|task| task.id).collect::<Vec<_>>())
    };
    let sent = linear.deliveries();
    let of: Vec<_> = sent.iter().map(|sent| touched(sent.event, &sent.body)).collect();
    assert_eq!(of, [None, Some(vec![id.clone()]), Some(vec![id.clone()]), Some(vec![child.clone()])]);
    let task = board.find(&id).await.unwrap().unwrap();
    let version = board.received("Issue", sent[2].body.to_string().as_bytes()).unwrap()[0].version;
    assert_eq!(version, task.updated_at.0, "so that what is known is not read again");
    linear.change(|world| world.change(&child, |issue| issue.parent = Some(id.clone())));
    let sent = linear.deliveries().pop().unwrap();
    assert_eq!(touched("Issue", &sent.body), Some(vec![child.clone(), id.clone()]));
    let relation =
        serde_json::json!({"action": "create", "data": {"id": "r", "issueId": child, "relatedIssueId": id}});
    assert_eq!(touched("IssueRelation", &relation), Some(vec![child, id.clone()]));
    let label = linear.change(|world| world.data.labels[0].id.clone());
    let renamed = serde_json::json!({"action": "update", "data": {"id": label}});
    assert_eq!(touched("IssueLabel", &renamed), Some(vec![id]));
    for (event, body) in [("Comment", &renamed), ("IssueLabel", &relation), ("Issue", &serde_json::json!({}))]
    {
        assert_eq!(touched(event, body), None, "{event} {body}");
    }
    let mut other = sent.body;
    other["organizationId"] = serde_json::json!("another");
    assert_eq!(touched("Issue", &other), None);
}

/// A person's move is one whatever the label says.
#[tokio::test]
async fn what_people_do_is_seen() {
    let linear: FakeLinear = fake();
    let board = board(&linear);
    let task = board.create(&new_task("moved"), "moved", &recorded).await.unwrap().task;
    for status in TaskStatus::ALL {
        AtLinear(&linear).moves(&task.id, status).await;
        assert_eq!(found(&board, &task.key).await.status, status);
    }
}
