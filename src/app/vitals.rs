//! How the gateway does, for people who look at the dashboard: what the store says within a second, and what jobs have found.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::timeout;

use super::dependencies::DependencyWatch;
use crate::{
    clock::Clock,
    coordinator::Coordinator,
    http::{AuditVerdict, VitalSigns, Vitals},
    model::{UnixMillis, Workspace},
    stores::{Store, StoreError},
};

/// For the store to say all that is asked of it.
const STORE_TIME: Duration = Duration::from_millis(800);

/// What it is read of.
pub(super) struct ServiceVitals {
    pub(super) store: Arc<dyn Store>,
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) dependencies: Arc<DependencyWatch>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) refresh_millis: i64,
    pub(super) instance: String,
    pub(super) started_at: UnixMillis,
}

impl ServiceVitals {
    async fn behind_millis(&self, workspace: &Workspace) -> Result<i64, StoreError> {
        let Some(place) = self.coordinator.followed_place() else { return Ok(0) };
        let followed = self.store.events_after(workspace, place, 1).await?;
        let oldest = followed.events.first().map(|stored| stored.event.at);
        Ok(oldest.map_or(0, |at| self.clock.now().0.saturating_sub(at.0).max(0)))
    }
}

#[async_trait]
impl Vitals for ServiceVitals {
    async fn read(&self, workspace: &Workspace) -> VitalSigns {
        let asked = async { tokio::join!(self.store.backlog(workspace), self.behind_millis(workspace)) };
        let (owed, behind) = match timeout(STORE_TIME, asked).await {
            Ok((owed, behind)) => (owed.ok(), behind.ok()),
            Err(_) => (None, None),
        };
        VitalSigns {
            board: self.coordinator.board_state(workspace),
            board_refresh_millis: self.refresh_millis,
            owed,
            events_behind_millis: behind,
            written_at: self.dependencies.written_at(),
            instance: self.instance.clone(),
            started_at: self.started_at,
        }
    }

    fn audit(&self) -> AuditVerdict {
        self.dependencies.audit_verdict()
    }
}
