//! What opens `/metrics`.

use std::sync::atomic::{AtomicI64, Ordering};

use secrecy::SecretString;

use crate::{model::StoreMillis, secrets::WebhookSecret};

/// For so long somebody else's failures at the same address keep nobody out who was let in.
const REMEMBERED_MILLIS: i64 = 3_600_000;

/// The secret of whoever reads metrics, and when it was last right.
pub struct MetricsToken {
    secret: WebhookSecret,
    seen_at: AtomicI64,
}

impl MetricsToken {
    /// That secret.
    pub fn new(secret: &SecretString) -> Self {
        Self { secret: WebhookSecret::new(secret), seen_at: AtomicI64::new(i64::MIN / 2) }
    }

    /// Whether that text is the secret, which is remembered.
    pub(in crate::http) fn is(&self, text: &str, now: StoreMillis) -> bool {
        let is_right = self.secret.is(text);
        if is_right {
            self.seen_at.store(now.0, Ordering::Relaxed);
        }
        is_right
    }

    /// Whether it was right a short time ago.
    pub(in crate::http) fn was_right(&self, now: StoreMillis) -> bool {
        now.0 - self.seen_at.load(Ordering::Relaxed) <= REMEMBERED_MILLIS
    }
}
