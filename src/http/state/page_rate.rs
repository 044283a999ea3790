//! The rate of the dashboard's pages, apart from that of calls: looking never eats what an agent may call.

use std::sync::Arc;

use crate::{
    config::LimitSettings,
    limits::{Exceeded, RateLimiter},
};

/// Pages a minute, of everybody who is signed in by the same key, or of one session without a key.
const PAGES_PER_MINUTE: u32 = 600;
/// Pages on top of it at once.
const BURST: u32 = 60;

/// The rate of pages.
pub struct PageRate(RateLimiter);

impl PageRate {
    /// The rate of pages; none where calls have none.
    pub fn new(calls: LimitSettings) -> Self {
        Self(RateLimiter::new(LimitSettings {
            enabled: calls.enabled,
            per_minute: PAGES_PER_MINUTE,
            burst: BURST,
        }))
    }

    /// Counts a page of that visitor, a key or a session.
    pub fn count(&self, visitor: &Arc<str>) -> Result<(), Exceeded> {
        self.0.check(visitor, None).map(drop).map_err(|(exceeded, _)| exceeded)
    }
}
