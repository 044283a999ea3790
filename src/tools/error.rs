//! Why a tool failed, as the caller is told.

use std::error::Error;

use serde::Serialize;

use crate::{
    coordinator::CoordinatorError,
    model::{Causes, Code, Scope},
    reviews::ReviewError,
};

/// When to try again after a board has failed that says nothing of it.
const FAILED_SECONDS: u64 = 5;

/// A tool failure: a stable code, a sentence with what to do, and when to try again if that helps.
#[derive(Debug, Serialize, thiserror::Error)]
#[error("{error}")]
pub struct ToolError {
    /// The stable code; first, so that a reader meets it first.
    pub code: Code,
    /// Always false.
    pub success: bool,
    /// What went wrong and what to do.
    pub error: String,
    /// When trying again may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// Whether the sentence alone is sent, instead of this object as JSON.
    #[serde(skip)]
    pub plain: bool,
    /// What it is made of, for the log.
    #[serde(skip)]
    #[source]
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// A failure of that kind.
    pub fn new(code: Code, error: impl Into<String>) -> Self {
        Self {
            code,
            success: false,
            error: error.into(),
            retry_after_seconds: None,
            plain: false,
            cause: None,
        }
    }

    /// An argument that is not as it must be.
    pub fn argument(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(Code::InvalidArguments, format!("{field}: {problem}"))
    }

    /// A key without that scope.
    pub fn scope(scope: Scope) -> Self {
        let text = format!("this key lacks the scope `{}`: ask for a key that has it", scope.as_str());
        Self::new(Code::InsufficientScope, text)
    }

    /// Logs why the store or the board failed, which the caller is not told in full. Any other failure is the caller's.
    pub fn log(&self) {
        let Some(cause) = &self.cause else { return };
        match self.code {
            // The link to the store says that once, for all who ask.
            Code::StoreUnavailable | Code::StoreReplaced | Code::StoreUnsettled => {}
            code if code.is_of_store() => {
                tracing::error!(error = %Causes(&**cause), "a tool call failed in the store");
            }
            Code::BoardUnavailable | Code::BoardRefused => {
                tracing::warn!(error = %Causes(&**cause), "a tool call failed on the board");
            }
            Code::GithubUnavailable | Code::GithubRateLimited | Code::GithubRefused => {
                tracing::warn!(error = %Causes(&**cause), "a tool call failed on GitHub");
            }
            _ => {}
        }
    }
}

impl From<CoordinatorError> for ToolError {
    fn from(error: CoordinatorError) -> Self {
        let code = error.code();
        // A store or board that failed may work again by itself: when the disk has room, or a person has seen to it.
        let retry_after_seconds = match code {
            Code::StoreBusy => Some(1),
            Code::BoardUnavailable => Some(error.retry_after_seconds().unwrap_or(FAILED_SECONDS)),
            _ => error.retry_after_seconds(),
        };
        let says_when = matches!(code, Code::StoreBusy | Code::RateLimited);
        let text = match retry_after_seconds.filter(|_| !says_when) {
            Some(seconds) => format!("{error}: try again in {seconds} s"),
            None => error.to_string(),
        };
        Self { retry_after_seconds, cause: Some(Box::new(error)), ..Self::new(code, text) }
    }
}

impl From<ReviewError> for ToolError {
    fn from(error: ReviewError) -> Self {
        let code = error.code();
        let retry_after_seconds = error.retry_after_seconds();
        let said = error.to_string();
        let text = match retry_after_seconds {
            Some(seconds) if !said.contains("try again") => format!("{said}: try again in {seconds} s"),
            _ => said,
        };
        Self { retry_after_seconds, cause: Some(Box::new(error)), ..Self::new(code, text) }
    }
}
