//! Asks the store again for the keys of open streams and waiting calls: every 4 seconds, when a key is heard to be changed, when
//! something waits to be sent under a verdict that is too old, and soon again while the store is away.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{auth::Authenticator, http::OpenExchanges};

/// Before the store's word on a key, which is good for 5 seconds, is too old: no message waits then.
const EVERY: Duration = Duration::from_secs(4);
/// Between two tries to ask a store that is away.
const AGAIN: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub(super) struct Rechecks {
    pub(super) authenticator: Arc<Authenticator>,
    /// The HTTP edge's open streams and waiting calls, if there is one.
    pub(super) open: Option<Arc<OpenExchanges>>,
    /// Tells that the store was away when it was asked.
    pub(super) unanswered: Arc<Notify>,
}

impl Rechecks {
    /// Asks until it is dropped.
    pub(super) async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = every.tick() => self.recheck(None).await,
                () = self.unanswered.notified() => {
                    tokio::time::sleep(AGAIN).await;
                    self.recheck(None).await;
                }
                () = self.authenticator.until_doubted() => {
                    self.heard(self.authenticator.recheck_doubted().await);
                }
            }
        }
    }

    /// Asks for the keys with these ids, or for all, and ends what is open for those that are good no more.
    pub(super) async fn recheck(&self, ids: Option<&[&str]>) {
        self.heard(self.authenticator.recheck_watched(ids).await);
    }

    /// `is_there`: the store answered.
    fn heard(&self, is_there: bool) {
        if !is_there {
            self.unanswered.notify_one();
        }
        if let Some(open) = &self.open {
            open.end_revoked();
        }
    }
}
