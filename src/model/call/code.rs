//! The one list of stable codes a caller may branch on. A code never changes its meaning.

use serde::{Serialize, Serializer};

use crate::model::words::words;

/// What went wrong, as a stable `snake_case` word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No usable credential was sent.
    Unauthenticated,
    /// The credential is known but does not open this.
    Forbidden,
    /// The key lacks the scope the tool asks for.
    InsufficientScope,
    /// Nothing answers at this path.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The request cannot be understood.
    BadRequest,
    /// A field of the body or the query is missing, unknown or outside its range; `field` names it.
    InvalidField,
    /// The `Idempotency-Key` was used for another request in the last day.
    IdempotencyMismatch,
    /// There is no admin token.
    AdminNotConfigured,
    /// GitHub does not take the token, or cannot be asked.
    GithubTokenRefused,
    /// The caller's key has no GitHub token, and the workspace shares none.
    GithubTokenMissing,
    /// The token is for another GitHub than the one that was asked for; nothing was sent.
    HostMismatch,
    /// GitHub does not let this token do that, or refuses what it was asked.
    GithubRefused,
    /// GitHub does not know this token, or no longer.
    GithubUnauthorized,
    /// No such pull request, or the token does not see it.
    PullRequestNotFound,
    /// GitHub takes no more requests of this token for a while.
    GithubRateLimited,
    /// GitHub cannot be reached, or its answer is of no use.
    GithubUnavailable,
    /// The caller has a review of that pull request that is not submitted.
    PendingReview,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is larger than is taken.
    PayloadTooLarge,
    /// The `Origin` is not on the list.
    OriginNotAllowed,
    /// The `Host` is not on the list.
    HostNotAllowed,
    /// The key's rate is used up.
    RateLimited,
    /// The session id is unknown, ended, or another caller's.
    SessionNotFound,
    /// The session id is missing.
    SessionRequired,
    /// The gateway that has the stream, or asked the question, does not answer.
    OwnerUnreachable,
    /// The caller or the gateway holds as many streams as it may.
    TooManyStreams,
    /// The gateway, or the caller's address, has as many connections as it may.
    TooManyConnections,
    /// The gateway is about to stop.
    ShuttingDown,
    /// The store could not take the write in time.
    StoreBusy,
    /// The store failed.
    StoreFailed,
    /// The store is on another machine and cannot be used now, or did not say what became of a request.
    StoreUnavailable,
    /// The store is on another machine and is not the one the gateway worked on.
    StoreReplaced,
    /// The store was restarted, and what it kept is being compared.
    StoreUnsettled,
    /// Fewer copies of the store than was asked for have the write.
    StoreUnsafe,
    /// The board cannot be reached, or takes no more requests for a while.
    BoardUnavailable,
    /// The board refuses the gateway, or what it was asked.
    BoardRefused,
    /// An argument is missing, unknown or outside its range.
    InvalidArguments,
    /// No such agent, or it is another owner's.
    AgentNotFound,
    /// The agent id belongs to another owner.
    AgentIdTaken,
    /// The owner has as many agents as one may have.
    TooManyAgents,
    /// No such task in this workspace.
    TaskNotFound,
    /// The sender is not the live holder of the task.
    NotTaskHolder,
    /// The client cannot answer what the tool needs to ask.
    ClientCannotAnswer,
    /// The client did not answer in time.
    AskTimedOut,
    /// The call was cancelled.
    Cancelled,
    /// A fault of ours.
    Internal,
}

words!(Code {
    Unauthenticated = "unauthenticated",
    Forbidden = "forbidden",
    InsufficientScope = "insufficient_scope",
    NotFound = "not_found",
    MethodNotAllowed = "method_not_allowed",
    BadRequest = "bad_request",
    InvalidField = "invalid_field",
    IdempotencyMismatch = "idempotency_mismatch",
    AdminNotConfigured = "admin_not_configured",
    GithubTokenRefused = "github_token_refused",
    GithubTokenMissing = "github_token_missing",
    HostMismatch = "host_mismatch",
    GithubRefused = "github_refused",
    GithubUnauthorized = "github_unauthorized",
    PullRequestNotFound = "pull_request_not_found",
    GithubRateLimited = "github_rate_limited",
    GithubUnavailable = "github_unavailable",
    PendingReview = "pending_review",
    RequestTimeout = "request_timeout",
    PayloadTooLarge = "payload_too_large",
    OriginNotAllowed = "origin_not_allowed",
    HostNotAllowed = "host_not_allowed",
    RateLimited = "rate_limited",
    SessionNotFound = "session_not_found",
    SessionRequired = "session_required",
    OwnerUnreachable = "owner_unreachable",
    TooManyStreams = "too_many_streams",
    TooManyConnections = "too_many_connections",
    ShuttingDown = "shutting_down",
    StoreBusy = "store_busy",
    StoreFailed = "store_failed",
    StoreUnavailable = "store_unavailable",
    StoreReplaced = "store_replaced",
    StoreUnsettled = "store_unsettled",
    StoreUnsafe = "store_unsafe",
    BoardUnavailable = "board_unavailable",
    BoardRefused = "board_refused",
    InvalidArguments = "invalid_arguments",
    AgentNotFound = "agent_not_found",
    AgentIdTaken = "agent_id_taken",
    TooManyAgents = "too_many_agents",
    TaskNotFound = "task_not_found",
    NotTaskHolder = "not_task_holder",
    ClientCannotAnswer = "client_cannot_answer",
    AskTimedOut = "ask_timed_out",
    Cancelled = "cancelled",
    Internal = "internal"
});

impl Code {
    /// Whether it says that the gateway, or what it depends on, could not do what it was rightly asked. What a caller got
    /// wrong, may not do or used up is none; neither is a limit.
    pub const fn is_fault_of_gateway(self) -> bool {
        matches!(
            self,
            Self::BoardUnavailable
                | Self::GithubUnavailable
                | Self::Internal
                | Self::OwnerUnreachable
                | Self::ShuttingDown
        ) || self.is_of_store()
    }

    /// Whether it says that the store failed.
    pub const fn is_of_store(self) -> bool {
        matches!(
            self,
            Self::StoreBusy
                | Self::StoreFailed
                | Self::StoreUnavailable
                | Self::StoreReplaced
                | Self::StoreUnsettled
                | Self::StoreUnsafe
        )
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
