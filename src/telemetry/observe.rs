//! The end of every call.

use crate::model::CallRecord;

/// Hears of every call exactly once, when it has ended.
pub trait Observer: Send + Sync {
    /// Takes note. Must not block.
    fn observe(&self, call: &CallRecord<'_>);
}

/// Writes one line a call. Never arguments, results or more of a key than its first 8 characters.
#[derive(Debug, Default)]
pub struct AccessLog;

impl Observer for AccessLog {
    fn observe(&self, call: &CallRecord<'_>) {
        tracing::info!(
            target: "taskgate::access",
            request_id = call.request_id.as_str(),
            user = &*call.principal.user_id,
            key = &*call.principal.key_prefix,
            transport = ?call.transport,
            era = ?call.era,
            method = call.method,
            name = call.name,
            outcome = call.failure.map_or("ok", crate::model::Code::as_str),
            duration_us = call.duration.as_micros() as u64,
            "call"
        );
    }
}
