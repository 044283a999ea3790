//! The sessions that have ended before their time, as this process knows them: read at the start and each minute, and heard of in
//! between.

use std::sync::Arc;

use dashmap::DashMap;

use super::{BrowserSession, session::LONGEST_MILLIS};
use crate::{
    model::{StoreMillis, Workspace},
    stores::{EndedSessions, SignOut, SignOutStore, StoreError},
};

/// Ended sessions.
pub(super) struct SignOuts {
    pub(super) store: Arc<dyn SignOutStore>,
    /// By the session's id, and until when that is remembered.
    ended: DashMap<String, StoreMillis>,
    /// By tenant and holder: when sessions were made that have all ended.
    made_before: DashMap<(String, String), StoreMillis>,
}

impl SignOuts {
    pub(super) fn new(store: Arc<dyn SignOutStore>) -> Self {
        Self { store, ended: DashMap::new(), made_before: DashMap::new() }
    }

    /// Reads all there are, and forgets what has ended by itself.
    pub(super) async fn load(&self, now: StoreMillis) -> Result<(), StoreError> {
        for SignOut { workspace, holder, ended, forget_at } in
            self.store.sign_outs(&Workspace::default(), now).await?
        {
            match ended {
                EndedSessions::One(session) => self.note(session, forget_at),
                EndedSessions::MadeBefore(at) => {
                    self.made_before.insert((workspace.as_str().to_owned(), holder), at);
                }
            }
        }
        self.ended.retain(|_, forget_at| *forget_at > now);
        self.made_before.retain(|_, at| at.plus(LONGEST_MILLIS) > now);
        Ok(())
    }

    /// From now on that session has ended.
    pub(super) fn note(&self, session: String, forget_at: StoreMillis) {
        self.ended.insert(session, forget_at);
    }

    /// Whether it has ended.
    pub(super) fn has(&self, session: &BrowserSession) -> bool {
        if self.ended.contains_key(&session.id) {
            return true;
        }
        if self.made_before.is_empty() {
            return false;
        }
        let holder = (session.workspace.clone(), session.holder().to_owned());
        self.made_before.get(&holder).is_some_and(|at| session.made < *at)
    }
}

/// The row that ends a session.
pub(super) fn row_of(session: &BrowserSession) -> SignOut {
    SignOut {
        workspace: Workspace::new(&session.workspace),
        holder: session.holder().to_owned(),
        ended: EndedSessions::One(session.id.clone()),
        // Whatever its holder may do by then.
        forget_at: session.made.plus(LONGEST_MILLIS),
    }
}
