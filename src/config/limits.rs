//! How often a key may call.

use super::SettingsReader;

/// `RATE_LIMIT_*`.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Whether keys are limited. Failed authentication always is.
    pub enabled: bool,
    /// Calls a minute, refilled evenly.
    pub per_minute: u32,
    /// Calls on top of a minute's worth at once.
    pub burst: u32,
}

impl LimitSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let enabled = reader.flag("RATE_LIMIT_ENABLED");
        for name in ["RATE_LIMIT_REQUESTS_PER_MINUTE", "RATE_LIMIT_BURST"] {
            if !enabled && reader.is_given(name) {
                reader.warn(name, "has no effect while RATE_LIMIT_ENABLED is false");
            }
        }
        Self {
            enabled,
            per_minute: reader.number("RATE_LIMIT_REQUESTS_PER_MINUTE", &(1..=10_000_000)),
            burst: reader.number("RATE_LIMIT_BURST", &(0..=10_000_000)),
        }
    }
}
