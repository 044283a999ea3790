//! What the board asks of GitHub: as little as its lists force, and nothing where somebody waits for a task.

use std::{sync::Arc, time::Duration};

use taskgate::boards::{Board, Changes};

use super::setup::{GATEWAY, REPO, board, board_by, fake};
use crate::{
    office::{HandClock, Office},
    support::github::{FakeGithub, Tally},
};

const ISSUES: usize = 1_000;
const BLOCKED: usize = 12;

/// A repository of 1,000 open issues, of which each 80th is blocked.
fn large() -> FakeGithub {
    let github = fake();
    github.change(|world| {
        for number in 0..ISSUES {
            world.file_issue(REPO, GATEWAY, &format!("issue {number}"));
        }
        for number in 1..=BLOCKED {
            world.block_issue(number * 80, GATEWAY, 0);
        }
        // A blocker that is closed blocks nothing.
        let closed = world.file_issue(REPO, GATEWAY, "closed");
        world.block_issue(7, GATEWAY, closed);
        world.close_issue(closed, GATEWAY, "completed");
    });
    github
}

async fn refresh(board: &impl Board, known: &Changes) -> Changes {
    board.changes(Some(&known.cursor)).await.unwrap()
}

/// Every answer but those of a kind was that nothing changed.
fn assert_idle(tally: &Tally, but: &str) {
    assert_eq!(tally.total() - tally.of(but), tally.with_status(304), "{:?}", tally.lines());
    assert!(tally.with_status(304) > 0, "it did ask");
}

#[tokio::test]
async fn a_thousand_issues_are_read_in_ten_pages_and_three_requests_and_idling_costs_nothing() {
    let github = large();
    let board = board(&github, None);
    let whole = board.changes(None).await.unwrap();
    assert_eq!(whole.tasks.len(), ISSUES + 1);
    let waiting = whole.tasks.iter().filter(|task| !task.dependencies.is_empty()).count();
    assert_eq!(waiting, BLOCKED);
    let tally = github.tally();
    assert_eq!(tally.of("GET issues/{n}/dependencies/blocked_by"), BLOCKED, "{:?}", tally.lines());
    assert!(tally.total() - BLOCKED <= ISSUES / 100 + 3, "{:?}", tally.lines());
    assert!(github.most_at_once() <= 4, "{} at once", github.most_at_once());
    let settled = refresh(&board, &whole).await;
    github.tally();
    for _ in 0..3 {
        assert!(refresh(&board, &settled).await.tasks.is_empty());
    }
    let tally = github.tally();
    assert_idle(&tally, "");
    assert_eq!(tally.points, 0);
}

#[tokio::test]
async fn a_project_costs_a_point_for_a_hundred_items_at_each_refresh() {
    let github = large();
    github.change(|world| {
        let project = world.new_project("octo", 3);
        for issue in 0..ISSUES {
            world.move_issue(project, issue, GATEWAY, ("Status", "Todo"));
        }
    });
    let board = board(&github, Some(3));
    let whole = board.changes(None).await.unwrap();
    let tally = github.tally();
    // The project itself is one more, and its items have pages of their own.
    let forced = 2 * ISSUES / 100 + 3 + 1;
    assert!(tally.total() - BLOCKED <= forced, "{:?}", tally.lines());
    let settled = refresh(&board, &whole).await;
    github.tally();
    assert!(refresh(&board, &settled).await.tasks.is_empty());
    let tally = github.tally();
    assert_idle(&tally, "graphql ProjectItems");
    assert!(tally.points <= ISSUES as u64 / 100, "{} points", tally.points);
}

#[tokio::test]
async fn who_asks_for_a_task_waits_for_no_request_to_github() {
    let github = fake();
    let clock = Arc::new(HandClock::default());
    github.change(|world| {
        world.tracker.time.stand_at(1_700_000_000);
        world.file_issue(REPO, GATEWAY, "first");
    });
    let office = Office::over(Arc::new(board_by(&github, None, clock.clone())), clock).await;
    office.coordinator.warm(&office.principal.workspace).await.unwrap();
    github.heard();
    // Whatever is asked from now on takes longer than the test may.
    github.take_time(Duration::from_secs(600));
    let grant = tokio::time::timeout(Duration::from_secs(5), office.next()).await.unwrap();
    assert_eq!(grant.card.task.title, "first");
    // What was decided is brought there meanwhile; no list is asked for.
    let paths: Vec<_> = github.heard().into_iter().map(|heard| heard.path).collect();
    assert!(paths.iter().all(|path| path.contains("/issues/1")), "{paths:?}");
}
