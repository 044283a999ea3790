//! The limits of calls and of pages, kept together with the other gateways where the store does that.

use std::sync::Arc;

use futures_util::future::join;

use crate::{
    clock::Clock,
    config::LimitSettings,
    http::PageRate,
    limits::RateLimiter,
    stores::{RateStore, Store},
};

/// How often keys may call, and visitors look.
#[derive(Clone)]
pub(super) struct Rates {
    pub(super) calls: Arc<RateLimiter>,
    pub(super) pages: PageRate,
}

impl Rates {
    /// The rates of those settings.
    pub(super) fn new(settings: LimitSettings, store: &Arc<dyn Store>, clock: &Arc<dyn Clock>) -> Self {
        let rates = || -> Option<Arc<dyn RateStore>> { Arc::clone(store).rates() };
        let calls = RateLimiter::new(settings).shared(rates(), Arc::clone(clock), "");
        Self { calls: Arc::new(calls), pages: PageRate::new(settings, rates(), Arc::clone(clock)) }
    }

    /// Shares them until it is dropped.
    pub(super) async fn share(&self) {
        join(self.calls.share(), self.pages.limiter().share()).await;
    }

    /// Gives back what this process may still admit.
    pub(super) async fn leave(&self) {
        join(self.calls.leave(), self.pages.limiter().leave()).await;
    }

    /// Forgets who may do all of it again.
    pub(super) fn forget_idle(&self) {
        self.calls.forget_idle();
        self.pages.limiter().forget_idle();
    }
}
