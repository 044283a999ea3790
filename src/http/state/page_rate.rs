//! The rate of the dashboard's pages, apart from that of calls: looking never eats what an agent may call.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::LimitSettings,
    limits::{Exceeded, RateLimiter, RatedKey},
    model::Workspace,
    stores::RateStore,
};

/// Pages a minute, of everybody who is signed in by the same key, or of one session without a key.
const PAGES_PER_MINUTE: u32 = 600;
/// Pages on top of it at once.
const BURST: u32 = 60;

/// The rate of pages.
#[derive(Clone)]
pub struct PageRate(Arc<RateLimiter>);

impl PageRate {
    /// The rate of pages, kept together with the other processes on a store, if that keeps any; none where calls have none.
    pub fn new(calls: LimitSettings, store: Option<Arc<dyn RateStore>>, clock: Arc<dyn Clock>) -> Self {
        let settings = LimitSettings { enabled: calls.enabled, per_minute: PAGES_PER_MINUTE, burst: BURST };
        Self(Arc::new(RateLimiter::new(settings).shared(store, clock, "page:")))
    }

    /// The limiter itself, for who shares it.
    pub fn limiter(&self) -> &Arc<RateLimiter> {
        &self.0
    }

    /// Counts a page of that visitor, a key or a session.
    pub async fn count(&self, visitor: &Arc<str>) -> Result<(), Exceeded> {
        let key = RatedKey { workspace: &Workspace::default(), id: visitor, own: None };
        self.0.count(key).await.map(drop).map_err(|(exceeded, _)| exceeded)
    }
}
