//! Planka in the tests that are the same for every board elsewhere.

use std::sync::Arc;

use taskgate::boards::PlankaBoard;

use super::setup::{Place, open, settings};
use crate::{
    host::{BEGIN_SECONDS, Host},
    lost_store,
    office::HandClock,
    own_writes,
};

impl Host for Place {
    type Board = PlankaBoard;

    fn open(&self, clock: Arc<HandClock>) -> PlankaBoard {
        open(settings(self), clock)
    }

    fn stands_still(&self) {
        self.planka.change(|world| world.stand_at(BEGIN_SECONDS * 1000));
    }

    fn file(&self, title: &str) {
        self.card("Todo", title);
    }

    fn file_begun(&self, title: &str) -> String {
        self.card("In Progress", title)
    }

    fn deliveries(&self) -> Vec<(String, String)> {
        let sent = self.planka.deliveries().into_iter();
        sent.map(|(event, body)| (event, body.to_string())).collect()
    }

    fn writes(&self) -> usize {
        self.planka.heard().iter().filter(|heard| !heard.starts_with("GET ")).count()
    }

    fn requests(&self) -> usize {
        self.planka.heard().len()
    }

    fn texts(&self, task_id: &str) -> Vec<String> {
        Self::texts(self, task_id)
    }

    fn says(&self, task_id: &str, text: &str) {
        self.planka.change(|world| world.add_comment(task_id, &self.person, text));
    }

    fn unfinished(&self) -> Vec<String> {
        self.not_in("Done")
    }
}

#[tokio::test]
async fn own_moves_that_come_back_late_and_out_of_order_are_no_persons_and_a_real_move_is_seen() {
    own_writes::come_back_as_ours(&Place::whole()).await;
}

#[tokio::test]
async fn a_backup_from_before_a_grant_gives_way_to_what_planka_was_told() {
    lost_store::a_backup_gives_way_to_what_the_board_was_told(&Place::whole()).await;
}

#[tokio::test]
async fn tasks_of_a_lost_store_are_offered_again_after_their_leases_and_a_persons_never() {
    lost_store::tasks_are_offered_again_after_their_leases(&Place::whole()).await;
}

#[tokio::test]
async fn a_renewed_lease_of_a_lost_store_is_known_and_its_holder_goes_on() {
    lost_store::a_renewed_lease_is_known(&Place::whole()).await;
}

#[tokio::test]
async fn heartbeats_are_told_to_planka_as_seldom_as_may_be() {
    lost_store::heartbeats_are_told_seldom(&Place::whole()).await;
}
