//! The race over a team of Linear.

use std::time::Duration;

use crate::{
    race_elsewhere::{Course, nothing_is_granted_or_said_twice},
    support::{github::Fault, linear::FakeLinear},
};

impl Course for FakeLinear {
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("KANBAN_PROVIDER", "linear".into()),
            ("LINEAR_TEAM_ID", "ENG".into()),
            ("LINEAR_API_URL", self.url.clone()),
            ("LINEAR_API_KEY", self.key("taskgate", true)),
        ]
    }

    fn file(&self, title: &str) {
        self.change(|world| world.file(0, title, "unstarted"));
    }

    fn worsens(&self, latency: Duration, per_mille: u64, faults: &[Fault]) {
        self.take_time(latency);
        self.fail_by_chance(per_mille, faults);
        self.answered();
    }

    fn answers(&self) -> [usize; 3] {
        let answered = self.answered();
        let of = |wanted: u16| answered.iter().filter(|(_, status)| *status == wanted).count();
        [answered.len(), of(502), of(0)]
    }

    fn comments(&self) -> Vec<Vec<String>> {
        self.change(|world| world.data.issues.iter().map(|issue| world.comments(&issue.id)).collect())
    }

    fn mark(&self) -> &'static str {
        "#taskgate:"
    }

    fn unfinished(&self) -> Vec<String> {
        self.change(|world| world.unfinished())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_or_said_twice_at_a_linear_that_is_far_and_fails() {
    let linear = FakeLinear::start();
    linear.change(|world| world.new_team("ENG"));
    // A long race takes more than an hour has.
    linear.leave(1_000_000);
    nothing_is_granted_or_said_twice(&linear).await;
}
