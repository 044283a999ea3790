//! Answers what other gateways on the store ask: of the edge, which may take a while, or of the protocol, in the order it was asked.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{
    app::Services,
    http::{AppState, hear},
    secrets::Purpose,
    shutdown::Lifecycle,
    stores::{Bus, BusParts},
};

impl Services {
    /// Joins other processes on the store, if there may be some on other machines: from now on they ask this one. For who answers them,
    /// which a command does not.
    pub fn join_others(&self) {
        let parts = BusParts { sealer: self.secret.sealer(Purpose::Bus), clock: Arc::clone(&self.clock) };
        if let Some(bus) = self.store.open_bus(parts) {
            // A second one would hear what is meant for the first.
            let _ = self.bus.set(bus);
        }
    }
}

/// Questions of the edge that are answered at a time.
const AT_ONCE: usize = 256;

pub(in crate::app) struct Hearing {
    pub(in crate::app) bus: Arc<dyn Bus>,
    pub(in crate::app) state: AppState,
    pub(in crate::app) lifecycle: Lifecycle,
}

impl Hearing {
    /// Answers until it is dropped.
    pub(in crate::app) async fn run(self) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let message = self.bus.next().await;
            let bus = Arc::clone(&self.bus);
            if message.words.first() == Some(&b'{') {
                let words = self.state.server().hear(&message.from, &message.words);
                self.lifecycle.spawn(async move { bus.answer(&message, words).await });
                continue;
            }
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let state = self.state.clone();
            self.lifecycle.spawn(async move {
                if let Some(words) = hear(&state, &message.words).await {
                    bus.answer(&message, words).await;
                }
                drop(place);
            });
        }
    }
}
