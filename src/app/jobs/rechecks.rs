//! Asks the store again for the keys of open streams and waiting calls, every 5 seconds and when a key is heard to be changed.

use std::{sync::Arc, time::Duration};

use crate::{auth::Authenticator, http::OpenExchanges};

const EVERY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Rechecks {
    pub(super) authenticator: Arc<Authenticator>,
    /// The HTTP edge's open streams and waiting calls, if there is one.
    pub(super) open: Option<Arc<OpenExchanges>>,
}

impl Rechecks {
    /// Asks until it is dropped.
    pub(super) async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            self.recheck(None).await;
        }
    }

    /// Asks for the keys with these ids, or for all, and ends what is open for those that are good no more.
    pub(super) async fn recheck(&self, ids: Option<&[&str]>) {
        self.authenticator.recheck_watched(ids).await;
        if let Some(open) = &self.open {
            open.end_revoked();
        }
    }
}
