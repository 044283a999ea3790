//! Linear in the tests that are the same for every board elsewhere.

use std::sync::Arc;

use taskgate::boards::LinearBoard;

use super::{
    person::AtLinear,
    setup::{board_by, fake},
};
use crate::{
    host::{BEGIN_SECONDS, Host},
    lost_store,
    office::HandClock,
    own_writes,
    support::linear::LinearWorld,
};

impl Host for AtLinear<'_> {
    type Board = LinearBoard;

    fn open(&self, clock: Arc<HandClock>) -> LinearBoard {
        board_by(self.0, clock)
    }

    fn stands_still(&self) {
        self.0.change(|world| {
            world.stands_at = Some(BEGIN_SECONDS * 1000);
            world.lag();
        });
        // A long run takes more than an hour has.
        self.0.leave(1_000_000);
    }

    fn file(&self, title: &str) {
        self.0.change(|world| {
            world.file(0, title, "unstarted");
            world.catch_up();
        });
    }

    fn file_begun(&self, title: &str) -> String {
        self.0.change(|world| world.file(0, title, "started"))
    }

    fn catch_up(&self) {
        self.0.change(LinearWorld::catch_up);
    }

    fn deliveries(&self) -> Vec<(String, String)> {
        let sent = self.0.deliveries().into_iter();
        sent.map(|sent| (sent.event.to_owned(), sent.body.to_string())).collect()
    }

    fn writes(&self) -> usize {
        self.0.heard().iter().filter(|heard| heard.is_write).count()
    }

    fn requests(&self) -> usize {
        self.0.heard().len()
    }

    fn texts(&self, task_id: &str) -> Vec<String> {
        self.0.change(|world| world.comments(task_id))
    }

    fn says(&self, task_id: &str, text: &str) {
        self.0.change(|world| {
            let id = world.new_id();
            world.comment_on(task_id, id, text);
        });
    }

    fn unfinished(&self) -> Vec<String> {
        self.0.change(|world| world.unfinished())
    }
}

#[tokio::test]
async fn own_moves_that_come_back_late_and_out_of_order_are_no_persons_and_a_real_move_is_seen() {
    own_writes::come_back_as_ours(&AtLinear(&fake())).await;
}

#[tokio::test]
async fn a_backup_from_before_a_grant_gives_way_to_what_linear_was_told() {
    lost_store::a_backup_gives_way_to_what_the_board_was_told(&AtLinear(&fake())).await;
}

#[tokio::test]
async fn tasks_of_a_lost_store_are_offered_again_after_their_leases_and_a_persons_never() {
    lost_store::tasks_are_offered_again_after_their_leases(&AtLinear(&fake())).await;
}

#[tokio::test]
async fn a_renewed_lease_of_a_lost_store_is_known_and_its_holder_goes_on() {
    lost_store::a_renewed_lease_is_known(&AtLinear(&fake())).await;
}

#[tokio::test]
async fn heartbeats_are_told_to_linear_as_seldom_as_may_be() {
    lost_store::heartbeats_are_told_seldom(&AtLinear(&fake())).await;
}
