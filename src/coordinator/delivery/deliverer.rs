//! Looks for boards that are owed something and has each of them written to, none waiting for another.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{HeldBack, pace::Pace};
use crate::{
    boards::Boards,
    clock::Clock,
    model::{Causes, StoreMillis, Workspace},
    stores::{Outbox, StoreError},
};

/// How often entries of others, or waiting for a retry, are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long one process may go without a word over what it took before another tries.
const LEASE: Duration = Duration::from_secs(10);
/// Between two deliveries, so that decisions of one moment go together.
const GATHER: Duration = Duration::from_millis(5);

/// The deliverer of one process.
pub struct Deliverer {
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) boards: Arc<Boards>,
    pub(super) clock: Arc<dyn Clock>,
    owed: Arc<Notify>,
    /// The process's name among those on the same store.
    pub(super) instance: String,
    pub(super) lease: Duration,
    held_back: HeldBack,
}

/// Boards that are owed something, as one process delivers to them.
#[derive(Default)]
struct Deliveries(HashMap<Workspace, BoardDelivery>);

#[derive(Clone, Copy, Default)]
struct BoardDelivery {
    pace: Pace,
    is_busy: bool,
}

impl Deliveries {
    /// The pace of a board that may be written to now; from then on it is busy.
    fn enter(&mut self, workspace: &Workspace, now: StoreMillis) -> Option<Pace> {
        let delivery = self.0.entry(workspace.clone()).or_default();
        if delivery.is_busy || delivery.pace.waits(now) {
            return None;
        }
        delivery.is_busy = true;
        Some(delivery.pace)
    }

    fn leave(&mut self, workspace: Workspace, pace: Pace) {
        self.0.insert(workspace, BoardDelivery { pace, is_busy: false });
    }
}

impl Deliverer {
    /// A deliverer that is woken by `owed`; `instance` names this process.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        boards: Arc<Boards>,
        clock: Arc<dyn Clock>,
        owed: Arc<Notify>,
        instance: String,
    ) -> Self {
        Self { outbox, boards, clock, owed, instance, lease: LEASE, held_back: HeldBack::default() }
    }

    /// The same, taking what is owed for that long at a time instead of 10 s.
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// The same, telling there until when a board is left alone.
    pub fn with_held_back(self, held_back: HeldBack) -> Self {
        Self { held_back, ..self }
    }

    /// Delivers until `stop` fires, then what is due once more.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut deliveries = Deliveries::default();
        let mut busy = FuturesUnordered::new();
        loop {
            match self.due(&mut deliveries).await {
                Ok(due) => busy.extend(due.into_iter().map(|(board, pace)| self.deliver(board, pace))),
                Err(error) if error.is_absence() => {}
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "the outbox cannot be read, trying again in a second");
                }
            }
            tokio::select! {
                () = self.woken() => {}
                Some((workspace, pace)) = busy.next() => deliveries.leave(workspace, pace),
                () = stop.cancelled() => break,
            }
        }
        while let Some((workspace, pace)) = busy.next().await {
            deliveries.leave(workspace, pace);
        }
        match self.due(&mut deliveries).await {
            Ok(due) => {
                busy.extend(due.into_iter().map(|(board, pace)| self.deliver(board, pace)));
                busy.for_each(|_| std::future::ready(())).await;
            }
            Err(error) => {
                tracing::warn!(
                    error = %Causes(&error),
                    "the outbox was not emptied; the next start goes on with it"
                );
            }
        }
    }

    async fn woken(&self) {
        tokio::select! {
            () = self.owed.notified() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }

    /// Boards that are owed something and may be written to now.
    async fn due(&self, deliveries: &mut Deliveries) -> Result<Vec<(Workspace, Pace)>, StoreError> {
        let now = self.clock.store_now();
        let owing = self.outbox.owing(now).await?;
        Ok(owing
            .into_iter()
            .filter_map(|board| deliveries.enter(&board, now).map(|pace| (board, pace)))
            .collect())
    }

    /// Delivers to one board until nothing is due there, or it has to be left alone for a while.
    async fn deliver(&self, workspace: Workspace, mut pace: Pace) -> (Workspace, Pace) {
        loop {
            match self.deliver_batch(&workspace, &mut pace).await {
                Ok(true) if !pace.waits(self.clock.store_now()) => {}
                Ok(_) => {
                    self.held_back.note(&workspace, pace.not_before());
                    return (workspace, pace);
                }
                Err(error) => {
                    tracing::warn!(
                        error = %Causes(&error),
                        workspace = workspace.as_str(),
                        "what a board is owed cannot be read, trying again in a second"
                    );
                    return (workspace, pace);
                }
            }
        }
    }
}
