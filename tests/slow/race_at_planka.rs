//! The race over a board of Planka.

use std::time::Duration;

use crate::{
    race_elsewhere::{Course, nothing_is_granted_or_said_twice},
    support::{
        github::Fault,
        planka::{PlankaPlace, STATUS_LISTS},
    },
};

impl Course for PlankaPlace {
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("KANBAN_PROVIDER", "planka".into()),
            ("PLANKA_BASE_URL", self.planka.url.clone()),
            ("PLANKA_API_KEY", self.key.clone()),
            ("PLANKA_BOARD_ID", self.board.clone()),
        ]
    }

    fn file(&self, title: &str) {
        self.card("Todo", title);
    }

    fn worsens(&self, latency: Duration, per_mille: u64, faults: &[Fault]) {
        self.planka.take_time(latency);
        self.planka.fail_by_chance(per_mille, faults);
    }

    fn answers(&self) -> [usize; 3] {
        let statuses = self.planka.statuses();
        let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        [statuses.len(), of(502), of(0)]
    }

    fn comments(&self) -> Vec<Vec<String>> {
        let cards = self.planka.change(|world| {
            let ids = world.all("cards").iter().map(|card| card["id"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        });
        cards.iter().map(|card| self.texts(card)).collect()
    }

    fn mark(&self) -> &'static str {
        "[//]: # (taskgate:"
    }

    fn unfinished(&self) -> Vec<String> {
        self.not_in("Done")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_or_said_twice_at_a_planka_that_is_far_and_fails() {
    nothing_is_granted_or_said_twice(&PlankaPlace::with(&STATUS_LISTS)).await;
}
