//! The one list of stable codes a caller may branch on. A code never changes its meaning.

use serde::Serialize;

/// What went wrong, as a stable `snake_case` word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is larger than 1 MiB.
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

impl Code {
    /// The word as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::InsufficientScope => "insufficient_scope",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BadRequest => "bad_request",
            Self::InvalidField => "invalid_field",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::AdminNotConfigured => "admin_not_configured",
            Self::GithubTokenRefused => "github_token_refused",
            Self::RequestTimeout => "request_timeout",
            Self::PayloadTooLarge => "payload_too_large",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::HostNotAllowed => "host_not_allowed",
            Self::RateLimited => "rate_limited",
            Self::SessionNotFound => "session_not_found",
            Self::SessionRequired => "session_required",
            Self::TooManyStreams => "too_many_streams",
            Self::TooManyConnections => "too_many_connections",
            Self::ShuttingDown => "shutting_down",
            Self::StoreBusy => "store_busy",
            Self::StoreFailed => "store_failed",
            Self::InvalidArguments => "invalid_arguments",
            Self::AgentNotFound => "agent_not_found",
            Self::AgentIdTaken => "agent_id_taken",
            Self::TooManyAgents => "too_many_agents",
            Self::TaskNotFound => "task_not_found",
            Self::NotTaskHolder => "not_task_holder",
            Self::ClientCannotAnswer => "client_cannot_answer",
            Self::AskTimedOut => "ask_timed_out",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}
