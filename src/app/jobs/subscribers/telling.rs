//! Tells one subscriber what happens: in the order of the log, at least once, by one process at a time. Who does not take a
//! delivery is told it again, after a wait that grows, and holds up nobody else; its place in the log waits in the store.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::{
    notice::{EventDelivery, ToldEvent, told},
    receiver::{NotTaken, Receiver},
};
use crate::{
    app::jobs::following::Following,
    clock::Clock,
    coordinator::Coordinator,
    model::{Causes, StoreMillis, Workspace, doubled_millis},
    stores::{DeliveryLease, Followed, FollowerStore, StoreError, StoredEvent},
    telemetry::traces,
};

/// A process that has gone without a word for so long has died, and another goes on.
const LEASE_MILLIS: i64 = 30_000;
/// How often the lease is renewed and the place kept, when there is nothing else to keep.
const KEEP_MILLIS: i64 = 10_000;
/// Between two looks at whether another process has gone.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at the log, so that events of one moment are read together.
const GATHER: Duration = Duration::from_millis(20);
/// The wait after a first failure, which doubles with each further one, and the longest.
const FIRST_WAIT_MILLIS: i64 = 500;
const MOST_WAIT_MILLIS: i64 = 300_000;

/// One subscriber's job.
pub(in crate::app::jobs) struct Telling {
    pub(in crate::app::jobs) receiver: Receiver,
    pub(in crate::app::jobs) log: Following,
    pub(in crate::app::jobs) followers: Arc<dyn FollowerStore>,
    pub(in crate::app::jobs) coordinator: Arc<Coordinator>,
    pub(in crate::app::jobs) clock: Arc<dyn Clock>,
    /// This process's name among those on the same store.
    pub(in crate::app::jobs) instance: String,
}

/// This process's turn at telling.
struct Turn {
    /// The event it has come to.
    place: i64,
    kept_at: StoreMillis,
}

/// Why a turn ended.
enum TurnEnd {
    /// Another process has it.
    Taken,
    Store(StoreError),
}

impl From<StoreError> for TurnEnd {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Telling {
    /// Tells whenever it is this process's turn, until it is dropped.
    pub(in crate::app::jobs) async fn run(&self) {
        loop {
            let Err(end) = self.follow().await;
            if let TurnEnd::Store(error) = end {
                let receiver = self.receiver.origin();
                tracing::warn!(error = %Causes(&error), receiver, "the store does not say what to tell a subscriber, trying again");
            }
            tokio::time::sleep(TAKE_OVER_EVERY).await;
        }
    }

    /// Lets another process go on at once.
    pub(in crate::app::jobs) async fn leave(&self) {
        let _ = self.move_on(0, &self.lease(0)).await;
    }

    async fn move_on(&self, place: i64, lease: &DeliveryLease) -> Result<bool, StoreError> {
        self.followers.move_follower(&Workspace::default(), &self.receiver.follower(), place, lease).await
    }

    fn lease(&self, millis: i64) -> DeliveryLease {
        let now = self.clock.store_now();
        DeliveryLease { instance: self.instance.clone(), now, until: now.plus(millis) }
    }

    async fn follow(&self) -> Result<Infallible, TurnEnd> {
        let lease = self.lease(LEASE_MILLIS);
        let taken =
            self.followers.take_follower(&Workspace::default(), &self.receiver.follower(), &lease).await?;
        let mut turn = Turn { place: taken.ok_or(TurnEnd::Taken)?, kept_at: lease.now };
        loop {
            let Followed { events, missed } = self.log.after(turn.place).await?;
            if let Some(first) = events.first().filter(|_| missed) {
                self.say_missed(&mut turn, first).await?;
            }
            for stored in &events {
                match told(&stored.event) {
                    Some(told) => self.tell(&mut turn, stored, told).await?,
                    // Kept with the next one that is told, or when it is due.
                    None => turn.place = stored.sequence,
                }
            }
            self.keep_if_due(&mut turn).await?;
            if !Following::may_go_on(events.len()) {
                self.log.news(GATHER).await;
            }
        }
    }

    async fn say_missed(&self, turn: &mut Turn, first: &StoredEvent) -> Result<(), TurnEnd> {
        let (receiver, oldest, newest) = (self.receiver.origin(), turn.place + 1, first.sequence - 1);
        tracing::warn!(
            receiver,
            oldest,
            newest,
            "events were dropped before a subscriber could be told of them"
        );
        self.deliver(turn, &EventDelivery::missed(turn.place, first), newest).await
    }

    async fn tell(&self, turn: &mut Turn, stored: &StoredEvent, told: ToldEvent) -> Result<(), TurnEnd> {
        self.coordinator.until_followed(stored.sequence).await;
        let mut failures = 0;
        let card = loop {
            match self.coordinator.known_task(&stored.workspace, &stored.event.subject).await {
                Ok(card) => break card,
                Err(error) => {
                    if failures == 0 {
                        let receiver = self.receiver.origin();
                        tracing::warn!(error = %Causes(&error), receiver, "what a task is called cannot be read: subscribers are told when it can");
                    }
                    self.pause(turn, &mut failures).await?;
                }
            }
        };
        self.deliver(turn, &EventDelivery::of(stored, told, card.as_ref()), stored.sequence).await
    }

    /// Posts a delivery until it is taken, and keeps the place after it.
    async fn deliver(&self, turn: &mut Turn, delivery: &EventDelivery, place: i64) -> Result<(), TurnEnd> {
        let mut failures = 0;
        let post = || {
            let failure = |result: &Result<(), NotTaken>| result.is_err().then_some("not_taken");
            traces::in_root("subscriber delivery", self.receiver.post(delivery), failure)
        };
        while let Err(error) = post().await {
            if failures == 0 {
                let (receiver, event) = (self.receiver.origin(), delivery.event);
                tracing::warn!(error = %Causes(&error), receiver, event, "a subscriber does not take what it is told, trying again until it does");
            }
            self.pause(turn, &mut failures).await?;
        }
        if failures > 0 {
            tracing::info!(
                receiver = self.receiver.origin(),
                failures,
                "a subscriber takes what it is told again"
            );
        }
        turn.place = place;
        self.keep(turn).await
    }

    /// Waits for longer each time.
    async fn pause(&self, turn: &mut Turn, failures: &mut u32) -> Result<(), TurnEnd> {
        let mut left = doubled_millis(FIRST_WAIT_MILLIS, *failures, MOST_WAIT_MILLIS);
        *failures = failures.saturating_add(1);
        while left > 0 {
            let part = left.min(KEEP_MILLIS);
            tokio::time::sleep(Duration::from_millis(part.unsigned_abs())).await;
            left -= part;
            self.keep_if_due(turn).await?;
        }
        Ok(())
    }

    async fn keep_if_due(&self, turn: &mut Turn) -> Result<(), TurnEnd> {
        let is_due = self.clock.store_now().since(turn.kept_at) >= KEEP_MILLIS;
        if is_due { self.keep(turn).await } else { Ok(()) }
    }

    async fn keep(&self, turn: &mut Turn) -> Result<(), TurnEnd> {
        let lease = self.lease(LEASE_MILLIS);
        turn.kept_at = lease.now;
        let is_ours = self.move_on(turn.place, &lease).await?;
        if is_ours { Ok(()) } else { Err(TurnEnd::Taken) }
    }
}
