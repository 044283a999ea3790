//! What a limit answers: how much is left, or when to come back.

/// What is left of a key's rate.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Calls at once when nothing was used.
    pub limit: u32,
    /// Calls left now.
    pub remaining: u32,
    /// Until all of it is there again.
    pub full_after: std::time::Duration,
}

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("over the limit, again in {retry_after_seconds} s")]
pub struct Exceeded {
    /// Whole seconds, rounded up, at least 1.
    pub retry_after_seconds: u64,
}

impl Exceeded {
    /// To come back after that time.
    pub(super) fn after(wait: std::time::Duration) -> Self {
        Self { retry_after_seconds: (wait.as_secs_f64().ceil() as u64).max(1) }
    }
}
