//! The coordinator at work on a board elsewhere: what agents and people do there means the same as on the built-in one.

use taskgate::{
    coordinator::{CoordinatorError, ReportKind},
    model::TaskStatus,
    stores::{AuditFilter, AuditLog},
};

use crate::{
    office::{Office, REFRESH_MILLIS},
    person::Person,
};

#[tokio::test]
async fn a_task_is_made_granted_reported_and_written_under_the_boards_own_names() {
    let office = Office::open().await;
    let made = office.make("Wire the pump").await;
    assert_eq!((made.id.as_str(), made.key.as_str()), ("88000001", "ACME-1"));
    let filter = AuditFilter { action: Some(String::from("task.create")), ..AuditFilter::default() };
    let records = office.store.audit(&office.principal.workspace, filter, 10).await.unwrap();
    let targets: Vec<_> = records.iter().map(|entry| entry.record.target.as_str()).collect();
    assert_eq!(targets, ["88000001"], "what it entails is recorded after the board's answer");
    let grant = office.next().await;
    assert_eq!((grant.card.task.key.as_str(), grant.claim.task_id.as_str()), ("ACME-1", "88000001"));
    office.say(ReportKind::Progress(50), "half of it").await.unwrap();
    office.say(ReportKind::Complete, "all of it").await.unwrap();
    office.all_written().await;
    let comments = office.board.comments(&made.id).await;
    let says = ["Task assigned to ana", "half of it (50% complete)", "all of it (100% complete)"];
    assert!(
        comments.len() == 3 && comments.iter().zip(says).all(|(comment, says)| comment.contains(says)),
        "{comments:?}"
    );
    let card = office.coordinator.task(&office.principal, "ACME-1").await.unwrap();
    assert_eq!((card.status, card.rejected()), (TaskStatus::Done, None));
    office.close().await;
}

#[tokio::test]
async fn a_persons_move_there_ends_a_claim_and_a_task_made_there_is_offered() {
    let office = Office::open().await;
    let made = office.make("Wire the pump").await;
    office.next().await;
    office.all_written().await;
    office.clock.pass(REFRESH_MILLIS);
    office.coordinator.refresh_boards().await.unwrap();
    office.say(ReportKind::Heartbeat, "").await.expect("our own move is no person's");
    office.board.moves(&made.id, TaskStatus::Backlog).await;
    office.clock.pass(REFRESH_MILLIS);
    office.coordinator.refresh_boards().await.unwrap();
    let refused = office.say(ReportKind::Complete, "too late").await.unwrap_err();
    assert!(matches!(refused, CoordinatorError::HoldsNothing { .. }), "{refused}");
    assert!(refused.to_string().contains("was moved to backlog by a person"), "{refused}");
    assert_eq!(office.board.comments(&made.id).await.len(), 1, "nothing was written over it");
    office.close().await;
}

#[tokio::test]
async fn a_write_that_the_board_refuses_is_shown_and_holds_up_nothing() {
    let office = Office::open().await;
    let made = office.make("Wire the pump").await;
    office.board.inside().refuses = Some(TaskStatus::Done);
    office.next().await;
    office.say(ReportKind::Complete, "all of it").await.unwrap();
    office.all_written().await;
    let comments = office.board.comments(&made.id).await;
    assert!(comments.iter().any(|comment| comment.contains("all of it")), "{comments:?}");
    // Another instance, or a restart, reads it from the store.
    office.coordinator.warm(&office.principal.workspace).await.unwrap();
    let card = office.coordinator.task(&office.principal, &made.id).await.unwrap();
    assert_eq!(card.status, TaskStatus::Done, "what was decided stands");
    assert_eq!(card.rejected(), Some("the column done is full"));
    let status = office.coordinator.project_status(&office.principal).await.unwrap();
    let shown: Vec<_> =
        status.knots.rejected.iter().map(|one| (one.key.as_str(), one.reason.as_str())).collect();
    assert_eq!(shown, [("ACME-1", "the column done is full")]);
    assert!(!office.writes_now().await, "it is not tried again");
    office.clock.pass(REFRESH_MILLIS);
    office.coordinator.refresh_boards().await.unwrap();
    let card = office.coordinator.task(&office.principal, &made.id).await.unwrap();
    assert_eq!(card.status, TaskStatus::Done, "the board's refusal is no person's move");
    office.close().await;
}
