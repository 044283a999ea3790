//! GitHub in the tests that are the same for every board elsewhere.

use std::{sync::Arc, time::Duration};

use taskgate::boards::GithubBoard;

use super::{
    person::AtGithub,
    setup::{GATEWAY, REPO, board_by, fake},
};
use crate::{
    host::{BEGIN_SECONDS, Host},
    lost_store,
    office::HandClock,
    own_writes,
};

impl Host for AtGithub<'_> {
    type Board = GithubBoard;

    fn open(&self, clock: Arc<HandClock>) -> GithubBoard {
        board_by(self.github, self.project.map(|_| 3), clock)
    }

    fn stands_still(&self) {
        self.github.change(|world| {
            world.tracker.time.stand_at(BEGIN_SECONDS);
            world.tracker.lag = Duration::from_secs(3600);
        });
    }

    fn file(&self, title: &str) {
        self.github.change(|world| {
            let issue = world.file_issue(REPO, GATEWAY, title);
            if let Some(project) = self.project {
                world.move_issue(project, issue, GATEWAY, ("Status", "Todo"));
            }
            world.tracker.catch_up();
        });
    }

    fn file_begun(&self, title: &str) -> String {
        self.github.change(|world| {
            let issue = world.file_issue(REPO, GATEWAY, title);
            world.label_issue(issue, "ana", "in-progress");
            format!("{REPO}#{}", world.tracker.issues[issue].number)
        })
    }

    fn catch_up(&self) {
        self.github.change(|world| world.tracker.catch_up());
    }

    fn deliveries(&self) -> Vec<(String, String)> {
        let sent = self.github.deliveries().into_iter();
        sent.map(|delivery| (delivery.event.to_owned(), delivery.body.to_string())).collect()
    }

    fn writes(&self) -> usize {
        self.github.heard().iter().filter(|heard| heard.is_write).count()
    }

    fn requests(&self) -> usize {
        self.github.tally().total()
    }

    fn texts(&self, task_id: &str) -> Vec<String> {
        self.github.change(|world| {
            let issue = world.issue_named(task_id).unwrap();
            world.issue_comments(issue)
        })
    }

    fn says(&self, task_id: &str, text: &str) {
        self.github.change(|world| {
            let issue = world.issue_named(task_id).unwrap();
            world.comment_on_issue(issue, "ana", text);
        });
    }

    fn unfinished(&self) -> Vec<String> {
        self.github.change(|world| {
            let issues = world.tracker.issues.iter();
            let open = issues.filter(|issue| issue.now.is_open || issue.now.reason != Some("completed"));
            open.map(|issue| format!("#{}", issue.number)).collect()
        })
    }
}

#[tokio::test]
async fn own_labels_that_come_back_late_and_out_of_order_are_no_persons_and_a_real_move_is_seen() {
    let github = fake();
    own_writes::come_back_as_ours(&AtGithub { github: &github, project: None }).await;
}

#[tokio::test]
async fn own_moves_in_a_project_that_come_back_late_are_no_persons_and_a_real_move_is_seen() {
    let github = fake();
    let project = github.change(|world| {
        let project = world.new_project("octo", 3);
        // The project's own workflow moves what is closed.
        world.tracker.projects[project].when_closed = Some("Done");
        project
    });
    own_writes::come_back_as_ours(&AtGithub { github: &github, project: Some(project) }).await;
}

#[tokio::test]
async fn a_backup_from_before_a_grant_gives_way_to_what_github_was_told() {
    let github = fake();
    lost_store::a_backup_gives_way_to_what_the_board_was_told(&AtGithub { github: &github, project: None })
        .await;
}

#[tokio::test]
async fn tasks_of_a_lost_store_are_offered_again_after_their_leases_and_a_persons_never() {
    let github = fake();
    lost_store::tasks_are_offered_again_after_their_leases(&AtGithub { github: &github, project: None })
        .await;
}

#[tokio::test]
async fn a_renewed_lease_of_a_lost_store_is_known_and_its_holder_goes_on() {
    let github = fake();
    lost_store::a_renewed_lease_is_known(&AtGithub { github: &github, project: None }).await;
}

#[tokio::test]
async fn heartbeats_are_told_to_github_as_seldom_as_may_be() {
    let github = fake();
    lost_store::heartbeats_are_told_seldom(&AtGithub { github: &github, project: None }).await;
}
