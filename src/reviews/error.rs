//! Why nothing came of a call on a pull request, each with what to do.

use std::sync::Arc;

use super::PullRequestAddress;
use crate::{
    github::{CredentialError, GithubError},
    model::Code,
    stores::StoreError,
};

/// A failure, by what it means to the caller.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The URL is of no pull request.
    #[error("Invalid PR URL format. Expected format: https://{{host}}/owner/repo/pull/123")]
    InvalidUrl,
    /// An argument is not as it must be.
    #[error("{field}: {problem}")]
    Argument {
        /// Which.
        field: &'static str,
        /// What it must be.
        problem: &'static str,
    },
    /// The cursor was not given for this pull request.
    #[error("cursor: expected the next_cursor of an answer about this pull request")]
    Cursor,
    /// The caller has no token for that host.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// GitHub failed.
    #[error(transparent)]
    Github(Arc<GithubError>),
    /// There is none, or this token does not see it.
    #[error(
        "{0} does not exist, or the GitHub token does not see it: a private repository needs a token with access to it"
    )]
    NotFound(PullRequestAddress),
    /// None is open.
    #[error("No open {subject} found for {place}")]
    NoneOpen {
        /// What was looked for.
        subject: &'static str,
        /// Where.
        place: String,
    },
    /// More than one is open, and one was asked for.
    #[error("several open PRs found for {place}: {}. Give the pr_url of one, or another select_strategy", urls.join(", "))]
    SeveralOpen {
        /// Where.
        place: String,
        /// Them all.
        urls: Vec<String>,
    },
    /// The caller has a review there that is not submitted, into which GitHub would put the answer unseen.
    #[error(
        "you have a pending review on this pull request: submit or discard it on GitHub, then reply. Nothing was written"
    )]
    PendingReview,
    /// There is no such thread, or not on this pull request.
    #[error("this pull request has no such thread: take thread_id from fetch_pr_review_comments")]
    NoThread,
    /// There is no such comment in a thread of this pull request.
    #[error(
        "no thread of this pull request has that comment: take id or rest_id from fetch_pr_review_comments"
    )]
    NoComment,
    /// GitHub does not let the token write that.
    #[error("GitHub does not allow that: {message}. The token needs {needs}")]
    MayNotWrite {
        /// What GitHub says.
        message: String,
        /// What can be missing.
        needs: &'static str,
    },
    /// It cannot be audited, and is not done.
    #[error("nothing was written: the store does not take the audit record")]
    Audit(#[source] StoreError),
}

impl ReviewError {
    /// The code for callers.
    pub fn code(&self) -> Code {
        match self {
            Self::InvalidUrl
            | Self::Argument { .. }
            | Self::Cursor
            | Self::SeveralOpen { .. }
            | Self::NoThread
            | Self::NoComment => Code::InvalidArguments,
            Self::Credential(error) => error.code(),
            Self::Github(error) => error.code(),
            Self::NotFound(_) | Self::NoneOpen { .. } => Code::PullRequestNotFound,
            Self::PendingReview => Code::PendingReview,
            Self::MayNotWrite { .. } => Code::GithubRefused,
            Self::Audit(error) => error.code(),
        }
    }

    /// When trying again may help, if GitHub said so or failed of itself, or the store did.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let error = match self {
            Self::Audit(error) => return Some(error.retry_after_seconds()),
            Self::Github(error) => error,
            _ => return None,
        };
        let inner = if let GithubError::App(inner) = &**error { inner } else { error };
        match &**inner {
            GithubError::RateLimited { retry_after_seconds, .. } => Some(*retry_after_seconds),
            GithubError::TooSlow
            | GithubError::Unavailable { .. }
            | GithubError::Unreachable(_)
            | GithubError::Malformed(_)
            | GithubError::Unsure(_) => Some(10),
            _ => None,
        }
    }

    /// A failure of GitHub's about that pull request.
    pub(super) fn about(address: &PullRequestAddress, error: Arc<GithubError>) -> Self {
        match *error {
            GithubError::NotFound | GithubError::Gone => Self::NotFound(address.clone()),
            _ => Self::Github(error),
        }
    }
}

impl From<GithubError> for ReviewError {
    fn from(error: GithubError) -> Self {
        Self::Github(Arc::new(error))
    }
}
