//! Putting back what takes rights away, each by its version: what the server has newer stays.

use std::sync::PoisonError;

use super::{TakenRight, settling::Told};
use crate::{
    model::{AuditRecord, Effects, Event, EventKind, UnixMillis, Workspace},
    stores::{
        StoreError,
        redis::{RedisStore, change::Change},
    },
};

/// On which server something is put back, and when that is by its clock.
#[derive(Clone, Copy)]
pub(in super::super) struct PuttingBack<'a> {
    pub(in super::super) server: &'a str,
    pub(in super::super) clock: i64,
}

impl PuttingBack<'_> {
    /// A change that may be made before all have settled.
    pub(in super::super) fn change(self) -> Change {
        Change::default().while_settling(self.server)
    }

    /// What goes with putting back what all have to hear of.
    pub(in super::super) fn effects(self, kind: EventKind, subject: &str) -> Effects {
        let at = UnixMillis(self.clock);
        let target = format!("{} {subject}", kind.as_str());
        Effects {
            audit: vec![AuditRecord::without_call("system", "store.restored", target, at)],
            events: vec![Event::about(kind, subject, "store.restored", at)],
            ..Effects::default()
        }
    }
}

impl RedisStore {
    /// Puts back what this process knows of a workspace and the server has lost. Answers of what it was.
    pub(super) async fn restore(
        &self,
        workspace: &Workspace,
        back: PuttingBack<'_>,
    ) -> Result<Vec<Told>, StoreError> {
        let rights = self.rights.lock().unwrap_or_else(PoisonError::into_inner).of(workspace);
        let mut restored = Vec::new();
        for right in rights {
            let was_lost = match &right {
                TakenRight::Key(key) => self.restore_key(key, back).await?,
                TakenRight::Session(row) => self.restore_session(row, back).await?,
                TakenRight::SignOut(sign_out) => self.restore_sign_out(sign_out, back).await?,
            };
            if was_lost {
                restored.push(Told::Restored(right.name()));
            }
        }
        Ok(restored)
    }
}
