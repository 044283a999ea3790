//! The race over a board at GitHub.

use std::time::Duration;

use crate::{
    race_elsewhere::{Course, nothing_is_granted_or_said_twice},
    support::github::{FakeGithub, Fault},
};

struct AtGithub {
    github: FakeGithub,
    token: String,
}

impl Course for AtGithub {
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GITHUB_OWNER", "octo".into()),
            ("GITHUB_REPO", "app".into()),
            ("GITHUB_API_URL", self.github.url.clone()),
            ("GITHUB_TOKEN", self.token.clone()),
        ]
    }

    fn file(&self, title: &str) {
        self.github.change(|world| world.file_issue("octo/app", "taskgate-bot", title));
    }

    fn worsens(&self, latency: Duration, per_mille: u64, faults: &[Fault]) {
        self.github.take_time(latency);
        self.github.fail_by_chance(per_mille, faults);
    }

    fn answers(&self) -> [usize; 3] {
        let tally = self.github.tally();
        [tally.total(), tally.with_status(502), tally.with_status(0)]
    }

    fn comments(&self) -> Vec<Vec<String>> {
        self.github.change(|world| {
            (0..world.tracker.issues.len()).map(|issue| world.issue_comments(issue)).collect()
        })
    }

    fn mark(&self) -> &'static str {
        "<!-- taskgate:"
    }

    fn unfinished(&self) -> Vec<String> {
        self.github.change(|world| {
            let issues = world.tracker.issues.iter();
            let open = issues.filter(|issue| issue.now.is_open || issue.now.reason != Some("completed"));
            open.map(|issue| format!("#{}", issue.number)).collect()
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_or_said_twice_at_a_github_that_is_far_and_fails() {
    let github = FakeGithub::start();
    let token = github.token("taskgate-bot");
    nothing_is_granted_or_said_twice(&AtGithub { github, token }).await;
}
