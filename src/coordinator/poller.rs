//! Which of the processes on one store asks a board elsewhere what changed: one of them for as long as it does, and the others hear of it
//! by the event log. Whoever dies or cannot reach the board leaves the turn to another.

use super::{Coordinator, CoordinatorError, mirror::Mirror};
use crate::{
    model::{Effects, Event, EventKind, Workspace},
    stores::{ConditionalWrite, DeliveryLease},
};

/// Changes of one reading that the others are told of; they find the rest when they next read the whole board.
const MOST_TOLD: usize = 500;
/// How late, beyond its period, whoever has the turn may take it again, at least.
const LATE_MILLIS: i64 = 2_000;

impl Coordinator {
    /// Reads what changed on a board, if that is this process's to do, and decides what people did.
    pub(super) async fn poll(&self, workspace: &Workspace, mirror: &Mirror) -> Result<(), CoordinatorError> {
        let board = self.parts.boards.of(workspace);
        let is_whole = mirror.since(self.now().store, board.whole_every()).is_none();
        if is_whole || !board.describe().is_remote() {
            let reading = self.mirrors.refresh(workspace, mirror).await?;
            return self.reconcile(workspace, mirror, reading).await;
        }
        let period = self.parts.refresh_millis;
        if !self.takes_turn(workspace, period + (period / 2).max(LATE_MILLIS)).await? {
            let reading = self.mirrors.leave_to_another(workspace, mirror).await?;
            return self.reconcile(workspace, mirror, reading).await;
        }
        match self.mirrors.refresh(workspace, mirror).await {
            Ok(reading) => {
                let told = self.tell_others(workspace, &reading.changed).await;
                self.reconcile(workspace, mirror, reading).await?;
                told
            }
            Err(error) => {
                // Perhaps another process reaches it.
                self.takes_turn(workspace, 0).await?;
                Err(error)
            }
        }
    }

    /// Whether no other process has the turn. From then on none has for so long, and whoever has it may take it again: who has read
    /// the board before reads least of it.
    async fn takes_turn(&self, workspace: &Workspace, millis: i64) -> Result<bool, CoordinatorError> {
        let now = self.now().store;
        let lease = DeliveryLease { instance: self.parts.instance.clone(), now, until: now.plus(millis) };
        let name = format!("board:{}", workspace.as_str());
        Ok(self.parts.followers.take_follower(workspace, &name, &lease).await?.is_some())
    }

    async fn tell_others(&self, workspace: &Workspace, changed: &[String]) -> Result<(), CoordinatorError> {
        if changed.is_empty() {
            return Ok(());
        }
        let now = self.now();
        // Not all that changes a task moves its version. Who told of it knows it.
        let event = |id: &String| Event {
            detail: self.parts.instance.clone(),
            ..Event::about(EventKind::Task, id, "", now.wall)
        };
        let events = changed.iter().take(MOST_TOLD).map(event).collect();
        let effects = Effects { events, ..Effects::default() };
        let write = ConditionalWrite { at: now.store, effects, ..ConditionalWrite::default() };
        self.parts.claims.commit_first(workspace, vec![write]).await?;
        Ok(())
    }
}
