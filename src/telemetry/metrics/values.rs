//! The values that labels have. They are few, and known before anybody calls.

use std::time::Duration;

use super::{
    histogram::{BOUNDS, place},
    label::{Label, LabelValue},
};
use crate::model::{Code, Era, Transport};

macro_rules! values {
    ($($(#[doc = $about:literal])+ $type:ident = $label:literal { $($variant:ident = $word:literal),+ $(,)? })*) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the words are all there is to say")]
        pub enum $type { $($variant),+ }

        impl $type {
            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl LabelValue for $type {
            const LABEL: Label = Label::words($label, &[$($word),+]);

            fn position(self) -> usize {
                self as usize
            }
        }
    )*};
}

values! {
    /// The method of an HTTP request.
    HttpMethod = "method" { Get = "GET", Post = "POST", Patch = "PATCH", Delete = "DELETE", Other = "other" }

    /// The first digit of an HTTP status.
    StatusClass = "status" { Success = "2xx", Redirect = "3xx", Refused = "4xx", Failed = "5xx" }

    /// The end of a call.
    CallOutcome = "outcome" { Ok = "ok", Failed = "failed" }

    /// What the gateway promises.
    Objective = "objective" { Availability = "availability", Latency = "latency" }

    /// What an objective has of a call.
    Judgement = "verdict" { Good = "good", Bad = "bad" }

    /// The reason why a credential, or its absence, let nobody in.
    AuthFailure = "reason" {
        Missing = "missing",
        WrongKey = "wrong_key",
        WrongAdminToken = "wrong_admin_token",
        WrongMetricsToken = "wrong_metrics_token",
        WrongWebhookSecret = "wrong_webhook_secret",
        TooManyFailures = "too_many_failures",
    }

    /// What the administrator asks for.
    AdminAction = "action" {
        CreateKey = "create_key",
        ListKeys = "list_keys",
        ReadKey = "read_key",
        ChangeKey = "change_key",
        RevokeKey = "revoke_key",
        RotateKey = "rotate_key",
        ReadAudit = "read_audit",
        ReadUsage = "read_usage",
        Other = "other",
    }

    /// The end of an administrator's call.
    AdminOutcome = "outcome" { Ok = "ok", Refused = "refused", Failed = "failed" }

    /// What became of a frame that one gateway sent another over the store's server.
    BusOutcome = "outcome" {
        Sent = "sent",
        Unheard = "unheard",
        Received = "received",
        Dropped = "dropped",
        Unsealed = "unsealed",
        Old = "old",
        Repeated = "repeated",
    }

    /// What there was too much of.
    Limit = "limit" {
        KeyRate = "key_rate",
        FailedAuthentication = "failed_authentication",
        Streams = "streams",
        Connections = "connections",
        ConnectionsOfAddress = "connections_of_address",
        WebhookBodies = "webhook_bodies",
        Agents = "agents",
    }

    /// What became of a claim, or of who wanted one.
    ClaimEvent = "event" {
        Granted = "granted",
        Renewed = "renewed",
        Completed = "completed",
        Blocked = "blocked",
        Released = "released",
        Expired = "expired",
        Parked = "parked",
        EndedByPerson = "ended_by_person",
        Recovered = "recovered",
        Refused = "refused",
    }

    /// The kind of a board.
    Provider = "provider" { Local = "local", Github = "github", Linear = "linear", Planka = "planka", Other = "other" }

    /// What became of a write that a board is owed.
    BoardWriteOutcome = "outcome" {
        Written = "written",
        Superseded = "superseded",
        Rejected = "rejected",
        Retried = "retried",
    }

    /// Who sends webhooks.
    Sender = "sender" { Github = "github", Linear = "linear", Planka = "planka" }

    /// What became of a webhook.
    WebhookOutcome = "outcome" {
        Accepted = "accepted",
        Repeated = "repeated",
        Ignored = "ignored",
        Pong = "pong",
        Refused = "refused",
    }

    /// Who was asked elsewhere.
    Upstream = "upstream" {
        Github = "github",
        Linear = "linear",
        Planka = "planka",
        Subscriber = "subscriber",
        Notice = "notice",
        Collector = "collector",
        Other = "other",
    }

    /// The end of a request to somebody elsewhere.
    UpstreamOutcome = "outcome" {
        Success = "2xx",
        Redirect = "3xx",
        Refused = "4xx",
        Failed = "5xx",
        Unconnected = "unconnected",
        Unreachable = "unreachable",
        TimedOut = "timed_out",
        TooLong = "too_long",
    }

    /// An API with a quota of its own.
    QuotaApi = "api" { Rest = "rest", Graphql = "graphql" }

    /// What the store was asked.
    StoreOperation = "operation" { Read = "read", Scan = "scan", Write = "write", DurableWrite = "durable_write" }

    /// The end of an operation of the store.
    StoreOutcome = "outcome" {
        Ok = "ok",
        Busy = "busy",
        Full = "full",
        Away = "away",
        Uncertain = "uncertain",
        Replaced = "replaced",
        Closed = "closed",
        Newer = "newer",
        Corrupt = "corrupt",
        Failed = "failed",
    }

    /// What became of a span.
    SpanOutcome = "outcome" { Exported = "exported", Failed = "failed", Dropped = "dropped" }

    /// How keys are.
    KeyState = "state" { Live = "live", Ending = "ending" }

    /// What the gateway cannot work without.
    Dependency = "dependency" { Store = "store", Board = "board" }
}

/// The end of a histogram's bucket.
#[derive(Clone, Copy)]
pub struct BucketBound(usize);

/// The version of this build.
#[derive(Clone, Copy)]
pub struct Version;

/// A route of the gateway.
#[derive(Clone, Copy)]
pub struct RouteLabel(usize);

/// A method of MCP.
#[derive(Clone, Copy)]
pub struct McpMethod(usize);

/// A tool.
#[derive(Clone, Copy)]
pub struct ToolName(usize);

impl RouteLabel {
    /// The route at that place of the route table; `None`: there is no such route.
    pub fn at(place: Option<usize>) -> Self {
        let other = Self::LABEL.count() - 1;
        Self(place.map_or(other, |place| place.min(other)))
    }
}

impl BucketBound {
    /// The end of the bucket in which that duration is counted.
    pub fn of(duration: Duration) -> Self {
        Self(place(duration).min(BOUNDS.len() - 1))
    }
}

impl LabelValue for BucketBound {
    const LABEL: Label = Label::words("bound", &BOUNDS);

    fn position(self) -> usize {
        self.0
    }
}

impl McpMethod {
    /// The method of that name.
    pub fn of(name: &str) -> Self {
        Self(Self::LABEL.position(name))
    }
}

impl ToolName {
    /// The tool of that name.
    pub fn of(name: &str) -> Self {
        Self(Self::LABEL.position(name))
    }
}

impl HttpMethod {
    /// The method, as HTTP writes it.
    pub fn of(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

impl StatusClass {
    /// The class of that status.
    pub const fn of(status: u16) -> Self {
        match status {
            0..300 => Self::Success,
            300..400 => Self::Redirect,
            400..500 => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Provider {
    /// The kind of board with that word.
    pub fn of(word: &str) -> Self {
        match word {
            "local" => Self::Local,
            "github" => Self::Github,
            "linear" => Self::Linear,
            "planka" => Self::Planka,
            _ => Self::Other,
        }
    }
}

impl LabelValue for Version {
    const LABEL: Label = Label::words("version", &[env!("CARGO_PKG_VERSION")]);

    fn position(self) -> usize {
        0
    }
}

macro_rules! known {
    ($($type:ident = $label:literal: $names:ident),+) => {$(
        impl LabelValue for $type {
            const LABEL: Label = Label::known($label, |known| &known.$names);

            fn position(self) -> usize {
                self.0
            }
        }
    )+};
}
known! { RouteLabel = "route": routes, McpMethod = "method": methods, ToolName = "tool": tools }

macro_rules! words_of_the_model {
    ($($type:ident = $label:literal),+) => {$(
        impl LabelValue for $type {
            const LABEL: Label = Label::words($label, Self::WORDS);

            fn position(self) -> usize {
                Self::LABEL.position(self.as_str())
            }
        }
    )+};
}
words_of_the_model! { Code = "code", Era = "era", Transport = "transport" }
