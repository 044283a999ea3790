//! Why GitHub gave no answer that is of use.

use std::sync::Arc;

use crate::{model::Code, net::NetError};

/// A failure, by what it means to whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    /// That host is not configured; nothing was sent.
    #[error("{0} is not a GitHub this gateway asks: GH_HOST says which it asks besides github.com")]
    UnknownHost(String),
    /// The token is wrong, was revoked or has ended.
    #[error("GitHub does not take this token: it is wrong, was revoked or has ended")]
    Unauthorized,
    /// The token may not do that.
    #[error("GitHub does not allow that: {message}{}", missing(needs.as_deref()))]
    Forbidden {
        /// What GitHub says.
        message: String,
        /// The permissions it names as missing.
        needs: Option<String>,
    },
    /// The organisation wants the token authorised for its single sign-on.
    #[error("the organisation asks for single sign-on: authorise the token{}", at(url.as_deref()))]
    SsoRequired {
        /// Where that is done.
        url: Option<String>,
    },
    /// It is not there, or the token does not see it.
    #[error("there is no such thing on GitHub, or the token does not see it")]
    NotFound,
    /// It was there.
    #[error("it was deleted on GitHub")]
    Gone,
    /// No more requests are taken for now.
    #[error("GitHub takes no more requests of this token for now: try again in {retry_after_seconds} s")]
    RateLimited {
        /// Seconds until it does.
        retry_after_seconds: u64,
        /// Whether it was for the pace, not for the hour's budget.
        secondary: bool,
    },
    /// The caller's deadline came first.
    #[error("GitHub did not answer in time")]
    TooSlow,
    /// It failed, or the page that was asked for was too much for it.
    #[error("GitHub failed with status {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer.
    #[error("GitHub cannot be reached")]
    Unreachable(#[source] NetError),
    /// The answer is not what was asked for.
    #[error("GitHub's answer makes no sense")]
    Malformed(#[source] serde_json::Error),
    /// The answer is larger than is read.
    #[error("GitHub's answer is longer than 32 MiB")]
    TooLong,
    /// It points to another address, which was not followed: the token stays where it belongs.
    #[error("GitHub points to another address (status {status}), which is not followed")]
    Elsewhere {
        /// The HTTP status.
        status: u16,
    },
    /// A query failed within itself.
    #[error("GitHub could not answer the query: {}", messages.join("; "))]
    Query {
        /// What it says.
        messages: Vec<String>,
    },
    /// The query asks for more nodes than GitHub gives at once.
    #[error("GitHub gives less at once than was asked for")]
    NodeLimit,
    /// It refuses what it was asked.
    #[error("GitHub refuses the request (status {status}): {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// A write may have happened or not.
    #[error("it is not known whether GitHub did it: look before you try again")]
    Unsure(#[source] Box<Self>),
    /// The App's key signs nothing.
    #[error("GITHUB_APP_PRIVATE_KEY does not sign")]
    AppKey(#[source] jsonwebtoken::errors::Error),
    /// The App gets no token for itself.
    #[error("the GitHub App gets no token")]
    App(#[source] Arc<Self>),
}

impl GithubError {
    /// The code for callers. `NotFound` and `Gone` have a better one with whoever knows what was looked for.
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownHost(_) => Code::InvalidArguments,
            Self::Unauthorized => Code::GithubUnauthorized,
            Self::Forbidden { .. } | Self::SsoRequired { .. } | Self::Rejected { .. } => Code::GithubRefused,
            Self::NotFound | Self::Gone => Code::NotFound,
            Self::RateLimited { .. } => Code::GithubRateLimited,
            Self::App(error) if matches!(**error, Self::RateLimited { .. }) => Code::GithubRateLimited,
            _ => Code::GithubUnavailable,
        }
    }

    /// Whether a smaller page may be answered where this one was not.
    pub fn wants_less(&self) -> bool {
        matches!(self, Self::NodeLimit | Self::TooLong | Self::Unavailable { status: 502 | 504 })
    }
}

impl GithubError {
    /// What a failure means when it was a write that failed.
    pub(super) fn of_write(self) -> Self {
        let is_unsure = match &self {
            Self::Unreachable(error) => !error.is_unsent(),
            Self::TooSlow | Self::TooLong | Self::Malformed(_) | Self::Unavailable { .. } => true,
            _ => false,
        };
        if is_unsure { Self::Unsure(Box::new(self)) } else { self }
    }
}

fn missing(needs: Option<&str>) -> String {
    needs.map_or_else(String::new, |needs| format!(" (it needs {needs})"))
}

fn at(url: Option<&str>) -> String {
    url.map_or_else(String::new, |url| format!(" at {url}"))
}
