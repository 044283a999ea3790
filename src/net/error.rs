//! Why another machine gave no answer.

/// A failure. None of them names the URL.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The client cannot be made.
    #[error("the HTTP client cannot be made")]
    Setup(#[source] reqwest::Error),
    /// There is no connection to it: nothing was sent.
    #[error("there is no connection to the other side")]
    Unconnected(#[source] reqwest::Error),
    /// It did not answer, or not to the end.
    #[error("the other side did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// It did not answer in time.
    #[error("the other side did not answer in time")]
    TimedOut,
    /// It answered without end.
    #[error("the other side's answer is longer than is read")]
    TooLong,
}

impl NetError {
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() {
            Self::Unconnected(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Unreachable(error)
        }
    }

    /// Whether the other side surely has nothing of the request.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Setup(_) | Self::Unconnected(_))
    }
}
