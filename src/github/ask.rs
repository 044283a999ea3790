//! One caller's call: as whom, for how long and how hard it may try.

use tokio::time::Instant;

use super::Credential;

/// What holds for all requests of one call.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// As whom.
    pub credential: &'a Credential,
    /// Nothing is waited for beyond that, neither GitHub nor its limits.
    pub deadline: Instant,
    /// How often a read that failed is tried again, at most twice. With 0 a page that is too much for GitHub is told at once,
    /// for a caller that asks for less then.
    pub retries: u32,
    /// Who waits.
    pub urgency: Urgency,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody does.
    Person,
    /// Nobody does: the last tenth of the hour's requests is left to people.
    Background,
}
