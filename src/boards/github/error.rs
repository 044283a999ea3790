//! What a failure of GitHub means to whoever works on the board.

use crate::{boards::BoardError, github::GithubError, model::UnixMillis};

/// A failure, at a moment of the wall clock.
pub(super) fn board_error(error: GithubError, now: UnixMillis) -> BoardError {
    match error {
        GithubError::Unauthorized => BoardError::Unauthorized,
        GithubError::NotFound | GithubError::Gone => BoardError::NoSuchTask,
        GithubError::RateLimited { retry_after_seconds, .. } => {
            let millis = i64::try_from(retry_after_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
            BoardError::RateLimited { until: now.plus(millis) }
        }
        // What a query cannot do, such as a field of a project that is kept elsewhere, it cannot do later either.
        GithubError::Rejected { .. } | GithubError::Query { .. } => {
            BoardError::Rejected { reason: error.to_string() }
        }
        GithubError::Forbidden { message, needs } => {
            let needs = needs.as_deref().unwrap_or("a permission");
            BoardError::Forbidden { missing: format!("{needs} ({message})") }
        }
        GithubError::SsoRequired { .. } => {
            BoardError::Forbidden { missing: format!("an authorisation ({error})") }
        }
        GithubError::App(source) if matches!(*source, GithubError::Unauthorized) => BoardError::Unauthorized,
        other => BoardError::unavailable(other),
    }
}
