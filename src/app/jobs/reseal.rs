//! Seals what an old secret key sealed, so that it is needed no more, and looks again each minute: others may still seal under it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::{
    auth::Keyring,
    clock::Clock,
    model::{Actor, Causes, RequestId},
};

const EVERY: Duration = Duration::from_secs(60);

pub(super) struct Reseal {
    pub(super) keyring: Arc<Keyring>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Reseal {
    /// Seals until it is dropped.
    pub(super) async fn run(self) {
        let mut unreadable = BTreeSet::new();
        while self.keyring.has_old_secret() {
            self.once(&mut unreadable).await;
            tokio::time::sleep(EVERY).await;
        }
        // There is nothing to seal.
        std::future::pending::<()>().await;
    }

    async fn once(&self, unreadable: &mut BTreeSet<String>) {
        let known = unreadable.len();
        let request_id = RequestId::accept(None, self.clock.now());
        let actor = Actor { name: "system", request_id: request_id.as_str() };
        match self.keyring.reseal(actor, unreadable).await {
            Ok(0) if unreadable.len() == known => {}
            Ok(done) => {
                tracing::info!(
                    done,
                    unreadable = unreadable.len(),
                    "GitHub tokens were sealed under the new secret key"
                );
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "GitHub tokens were not sealed anew: taskgate keys reseal");
            }
        }
    }
}
