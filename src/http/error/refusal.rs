//! Refusals: the one place where meanings become status codes.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    auth::{AdminError, AuthError, KeyringError},
    coordinator::CoordinatorError,
    limits::{Beyond, Exceeded},
    model::{Causes, Code, shortened},
    stores::{BusError, StoreError},
    telemetry::metrics::{AUTH_FAILURES, AuthFailure, LIMIT_HITS, Limit, count_refusal},
};

/// Characters of an id that a sentence repeats.
const SHOWN_CHARS: usize = 100;

/// What was refused and why, beside the answer that says so: for who shows it otherwise.
#[derive(Clone, Debug)]
pub struct Refused {
    pub code: Code,
    pub message: String,
    /// The same for people who look at a page, where the message is for programs.
    pub told: Option<String>,
    /// The field it is about; the message begins with it.
    pub field: Option<String>,
    pub retry_after_seconds: Option<u64>,
}

/// A refusal: a stable code and one sentence that says what to do.
#[derive(Debug)]
pub struct Refusal {
    code: Code,
    message: Box<str>,
    told: Option<Box<str>>,
    field: Option<Box<str>>,
    retry_after_seconds: Option<u64>,
    allow: Option<HeaderValue>,
    /// The error behind it, for the log alone.
    cause: Option<Box<StoreError>>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into().into(),
            told: None,
            field: None,
            retry_after_seconds: None,
            allow: None,
            cause: None,
        }
    }

    /// One of a request without a usable credential; `message` says which it needs.
    pub fn without_credential(message: impl Into<String>) -> Self {
        AUTH_FAILURES.add(AuthFailure::Missing);
        Self::new(Code::Unauthenticated, message)
    }

    /// One that is worth another try after so many seconds.
    pub fn later(code: Code, message: impl Into<String>, retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(code, message) }
    }

    /// A field that is not as it has to be.
    pub fn field(field: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        let field = field.into();
        let message = format!("{field}: {problem}");
        Self { field: Some(field.into()), ..Self::new(Code::InvalidField, message) }
    }

    /// The same, with what a page says instead: people know no tools and no paths.
    pub fn told(self, sentence: impl Into<String>) -> Self {
        Self { told: Some(sentence.into().into()), ..self }
    }

    /// What it means.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// A method that is not one of `allowed`, as `Allow` names them.
    pub fn method(allowed: &str, message: impl Into<String>) -> Self {
        let allow = HeaderValue::try_from(allowed).expect("methods are words of ASCII letters");
        Self { allow: Some(allow), ..Self::new(Code::MethodNotAllowed, message) }
    }

    pub fn not_found() -> Self {
        let refusal = Self::new(Code::NotFound, "nothing answers here: MCP is at /mcp and /sse");
        refusal.told("there is no page at this address")
    }

    pub fn session_not_found() -> Self {
        Self::new(Code::SessionNotFound, "no such session: send initialize to start a new one")
    }

    /// The session of a post belonged to a stream (2024-11-05) that is no longer open.
    pub fn stream_not_found() -> Self {
        Self::new(Code::SessionNotFound, "no such session: it ended with its stream, open GET /sse again")
    }

    /// What it is for is on another gateway, which does not answer.
    pub fn owner_unreachable() -> Self {
        let text = "the gateway this is for does not answer: open GET /sse again, or call the tool again";
        Self::new(Code::OwnerUnreachable, text)
    }

    /// A connection beyond that cap.
    pub fn crowded(beyond: Beyond) -> Self {
        let whose = match beyond {
            Beyond::All => "this gateway",
            Beyond::One => "this address",
        };
        let setting = connections_setting(beyond);
        let message = format!("{whose} has as many connections as may be: close some, or raise {setting}");
        Self { retry_after_seconds: Some(1), ..Self::new(Code::TooManyConnections, message) }
    }

    const fn status(&self) -> StatusCode {
        match self.code {
            Code::Unauthenticated | Code::GithubUnauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden
            | Code::InsufficientScope
            | Code::OriginNotAllowed
            | Code::GithubTokenMissing
            | Code::HostMismatch
            | Code::GithubRefused => StatusCode::FORBIDDEN,
            Code::NotFound
            | Code::SessionNotFound
            | Code::AgentNotFound
            | Code::TaskNotFound
            | Code::PullRequestNotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::BadRequest | Code::SessionRequired | Code::InvalidArguments => StatusCode::BAD_REQUEST,
            Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Code::InvalidField | Code::IdempotencyMismatch | Code::GithubTokenRefused => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::HostNotAllowed => StatusCode::MISDIRECTED_REQUEST,
            Code::RateLimited | Code::GithubRateLimited => StatusCode::TOO_MANY_REQUESTS,
            Code::BoardRefused | Code::GithubUnavailable => StatusCode::BAD_GATEWAY,
            Code::AdminNotConfigured
            | Code::StoreBusy
            | Code::StoreFailed
            | Code::StoreUnavailable
            | Code::StoreReplaced
            | Code::StoreUnsettled
            | Code::StoreUnsafe
            | Code::BoardUnavailable
            | Code::TooManyConnections
            | Code::OwnerUnreachable
            | Code::TooManyStreams
            | Code::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Code::AgentIdTaken | Code::TooManyAgents | Code::NotTaskHolder | Code::PendingReview => {
                StatusCode::CONFLICT
            }
            Code::ClientCannotAnswer | Code::AskTimedOut | Code::Cancelled | Code::Internal => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

/// The setting that would allow more connections.
pub const fn connections_setting(beyond: Beyond) -> &'static str {
    match beyond {
        Beyond::All => "TASKGATE_MAX_CONNECTIONS",
        Beyond::One => "TASKGATE_MAX_CONNECTIONS_PER_ADDRESS",
    }
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        let seconds = exceeded.retry_after_seconds;
        let message = format!("this key's rate is used up: try again in {seconds} s");
        Self { retry_after_seconds: Some(seconds), ..Self::new(Code::RateLimited, message) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let (code, seconds) = (error.code(), error.retry_after_seconds());
        let text = format!("the store is not available ({error}): try again in {seconds} s");
        Self { retry_after_seconds: Some(seconds), cause: Some(Box::new(error)), ..Self::new(code, text) }
    }
}

impl From<BusError> for Refusal {
    fn from(error: BusError) -> Self {
        match error {
            BusError::Store(error) => error.into(),
            BusError::Gone | BusError::Silent => Self::owner_unreachable(),
            BusError::TooLarge => Self::new(Code::PayloadTooLarge, format!("{error}: send less at a time")),
        }
    }
}

impl From<CoordinatorError> for Refusal {
    fn from(error: CoordinatorError) -> Self {
        match error {
            CoordinatorError::Store(error) => error.into(),
            CoordinatorError::AgentNotFound(id) => {
                let id = shortened(&id, SHOWN_CHARS);
                Self::new(Code::AgentNotFound, format!("no agent `{id}` is registered here"))
            }
            CoordinatorError::TaskNotFound(ref id) => {
                let told = format!("there is no task `{}` on this board", shortened(id, SHOWN_CHARS));
                Self::new(error.code(), error.to_string()).told(told)
            }
            error => Self {
                retry_after_seconds: error.retry_after_seconds(),
                ..Self::new(error.code(), error.to_string())
            },
        }
    }
}

impl From<AdminError> for Refusal {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Off => {
                Self::new(Code::AdminNotConfigured, "there is no admin API: set MCP_ADMIN_TOKEN to have one")
            }
            AdminError::Wrong => {
                AUTH_FAILURES.add(AuthFailure::WrongAdminToken);
                Self::new(Code::Forbidden, "this is not the admin token")
            }
            AdminError::Auth(AuthError::Missing) => {
                Self::without_credential("send the admin token as `Authorization: Bearer <token>`")
            }
            AdminError::Auth(error) => error.into(),
        }
    }
}

impl From<KeyringError> for Refusal {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::NotFound => Self::new(Code::NotFound, "there is no live key with this id"),
            KeyringError::Changed => {
                Self::new(Code::BadRequest, "this key was changed since: look at it again")
            }
            KeyringError::Superseded => {
                Self::new(Code::Forbidden, "this key was rotated: only its new text can do that")
            }
            KeyringError::AskedOtherwise => Self::new(
                Code::IdempotencyMismatch,
                "this Idempotency-Key was used for another request: send the same body, or a new key",
            ),
            KeyringError::Unreadable => Self::new(Code::Internal, "the stored GitHub token does not open"),
            KeyringError::Store(error) => error.into(),
        }
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::without_credential("send your key as `Authorization: Bearer <key>`"),
            AuthError::Invalid => {
                AUTH_FAILURES.add(AuthFailure::WrongKey);
                let text = "this key is not valid: make one with `taskgate keys create`";
                Self::new(Code::Unauthenticated, text)
            }
            AuthError::TooManyFailures(exceeded) => {
                AUTH_FAILURES.add(AuthFailure::TooManyFailures);
                LIMIT_HITS.add(Limit::FailedAuthentication);
                let seconds = exceeded.retry_after_seconds;
                let message = format!("too many wrong keys from this address: try again in {seconds} s");
                Self { message: message.into(), ..exceeded.into() }
            }
            AuthError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        count_refusal(self.code);
        if let Some(error) = self.cause.as_ref().filter(|error| !error.is_absence()) {
            tracing::error!(error = %Causes(&**error), "a request failed in the store");
        }
        let status = self.status();
        let refused = Refused {
            code: self.code,
            message: self.message.to_string(),
            told: self.told.map(String::from),
            field: self.field.as_deref().map(str::to_owned),
            retry_after_seconds: self.retry_after_seconds,
        };
        let mut body = json!({"code": self.code, "error": self.message});
        if let Some(field) = self.field {
            body["field"] = String::from(field).into();
        }
        if let Some(seconds) = self.retry_after_seconds {
            body["retry_after_seconds"] = seconds.into();
        }
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(refused);
        let headers = response.headers_mut();
        if self.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code == Code::PayloadTooLarge {
            // The rest of the body is in the way of another request.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}
