//! The one table of metrics. The first line of each says what it is, on the page and in `docs/operations.md`, which
//! `tests/documents.rs` holds to this.

use super::{
    family::{Counter, Metric, Reading},
    histogram::Histogram,
    level::Level,
    values::{
        AdminAction, AdminOutcome, AuthFailure, BoardWriteOutcome, BucketBound, BusOutcome, CallOutcome,
        ClaimEvent, Dependency, HttpMethod, Judgement, KeyState, Limit, McpMethod, Objective, Provider,
        QuotaApi, RouteLabel, Sender, SpanOutcome, StatusClass, StoreOperation, StoreOutcome, ToolName,
        Upstream, UpstreamOutcome, Version, WebhookOutcome,
    },
};
use crate::model::{Code, Era, Transport};

macro_rules! metrics {
    ($(#[doc = $help:literal] $name:ident: $type:ty = $new:ident($text:literal, $unit:literal);)+) => {
        $(#[doc = $help] pub static $name: $type = <$type>::$new($text, $unit, $help);)+

        /// Every metric, in the order of the page.
        pub static TABLE: &[&dyn Metric] = &[$(&$name),+];
    };
}

metrics! {
    /// HTTP requests that were answered.
    HTTP_REQUESTS: Counter<(RouteLabel, HttpMethod, StatusClass)> = new("taskgate_http_requests_total", "requests");
    /// Time until the answer to an HTTP request began; for a stream, until it was opened.
    HTTP_REQUEST_DURATION: Histogram<RouteLabel> = new("taskgate_http_request_duration_seconds", "seconds");
    /// MCP calls that have ended.
    CALLS: Counter<(McpMethod, Transport, Era, CallOutcome)> = new("taskgate_calls_total", "calls");
    /// Calls of tools that have ended.
    TOOL_CALLS: Counter<(ToolName, CallOutcome)> = new("taskgate_tool_calls_total", "calls");
    /// Time from a tool's call to its answer; `request_next_task` may wait as long as it is asked to.
    TOOL_CALL_DURATION: Histogram<ToolName> = new("taskgate_tool_call_duration_seconds", "seconds");
    /// Calls that failed and requests that were refused, by the code they were told.
    ERRORS: Counter<Code> = new("taskgate_errors_total", "errors");
    /// Calls that were as the objective wants them, and those that were not.
    OBJECTIVE_CALLS: Counter<(Objective, Judgement)> = new("taskgate_objective_calls_total", "calls");
    /// Share of them that is to be good.
    OBJECTIVE_RATIO: Reading<Objective> = new("taskgate_objective_ratio", "none");
    /// Time in which an answer is in time; `bound` is the end of a histogram's bucket, as its `le` is written.
    OBJECTIVE_LATENCY: Reading<BucketBound> = new("taskgate_objective_latency_seconds", "seconds");
    /// Requests that nobody was let in with.
    AUTH_FAILURES: Counter<AuthFailure> = new("taskgate_auth_failures_total", "requests");
    /// Calls under `/admin/` that were answered.
    ADMIN_CALLS: Counter<(AdminAction, AdminOutcome)> = new("taskgate_admin_calls_total", "calls");
    /// Refusals because there was too much of something.
    LIMIT_HITS: Counter<Limit> = new("taskgate_limit_hits_total", "refusals");
    /// Streams that are open.
    OPEN_STREAMS: Reading<(Transport, Era)> = new("taskgate_open_streams", "streams");
    /// Sessions of which a stream is open.
    OPEN_SESSIONS: Reading<(Transport, Era)> = new("taskgate_open_sessions", "sessions");
    /// Pages of the dashboard that are open and shown.
    OPEN_DASHBOARDS: Reading<()> = new("taskgate_open_dashboards", "pages");
    /// Calls that are being answered for longer than a moment.
    RUNNING_CALLS: Reading<(Transport, Era)> = new("taskgate_running_calls", "calls");
    /// Claims, by what became of them; `refused` are reports of agents that do not hold the task.
    CLAIMS: Counter<ClaimEvent> = new("taskgate_claims_total", "claims");
    /// Agents that wait for a task just now.
    WAITING_AGENTS: Level = new("taskgate_waiting_agents", "agents");
    /// Time that agents have waited for a task, whether they got one or not.
    WAIT_DURATION: Histogram<()> = new("taskgate_wait_duration_seconds", "seconds");
    /// Agents that are registered.
    AGENTS: Reading<()> = new("taskgate_agents", "agents");
    /// Time since the board was last read.
    BOARD_AGE: Reading<Provider> = new("taskgate_board_age_seconds", "seconds");
    /// Time after which the board is read again, as it is set.
    BOARD_REFRESH: Reading<()> = new("taskgate_board_refresh_seconds", "seconds");
    /// Requests that a board did not do; a write is counted each time it is tried.
    BOARD_FAILURES: Counter<Provider> = new("taskgate_board_failures_total", "requests");
    /// Writes that a board is owed, each time one was tried.
    BOARD_WRITES: Counter<BoardWriteOutcome> = new("taskgate_board_writes_total", "writes");
    /// Board writes that wait to be delivered.
    OUTBOX_ENTRIES: Reading<()> = new("taskgate_outbox_entries", "writes");
    /// Time since the oldest of them was decided; 0 when there is none.
    OUTBOX_OLDEST_AGE: Reading<()> = new("taskgate_outbox_oldest_age_seconds", "seconds");
    /// Webhooks that were answered.
    WEBHOOKS: Counter<(Sender, WebhookOutcome)> = new("taskgate_webhooks_total", "webhooks");
    /// Requests that others were sent, by what came back.
    UPSTREAM_REQUESTS: Counter<(Upstream, UpstreamOutcome)> = new("taskgate_upstream_requests_total", "requests");
    /// Time until the whole answer of somebody else was there, or none came.
    UPSTREAM_REQUEST_DURATION: Histogram<Upstream> = new("taskgate_upstream_request_duration_seconds", "seconds");
    /// Requests that are left of the hour's quota, of the credential that has the fewest.
    UPSTREAM_QUOTA_LEFT: Reading<(Upstream, QuotaApi)> = new("taskgate_upstream_quota_left", "requests");
    /// Operations of the store.
    STORE_OPERATIONS: Counter<(StoreOperation, StoreOutcome)> = new("taskgate_store_operations_total", "operations");
    /// Time that an operation of the store took, waiting for its turn included.
    STORE_OPERATION_DURATION: Histogram<StoreOperation> = new("taskgate_store_operation_duration_seconds", "seconds");
    /// Keys that open something, and those of them that end within 7 days (of these 1,000 are counted at most).
    KEYS: Reading<KeyState> = new("taskgate_keys", "keys");
    /// Events of the log that this process has not followed yet.
    EVENT_LOG_LAG: Reading<()> = new("taskgate_event_log_lag_events", "events");
    /// Time for which a record of the audit log has been without its link, on a store that links them afterwards.
    AUDIT_LINK_LAG: Reading<()> = new("taskgate_audit_link_lag_seconds", "seconds");
    /// Frames between gateways on one Redis, by what became of them: those that are `unsealed`, `old` or `repeated` are not believed.
    BUS_FRAMES: Counter<BusOutcome> = new("taskgate_bus_frames_total", "frames");
    /// Spans that were recorded, by what became of them; those for which there was no room are dropped.
    SPANS: Counter<SpanOutcome> = new("taskgate_spans_total", "spans");
    /// 1 when what the gateway depends on answers, else 0; `/ready` asks for less: that the board was read once.
    DEPENDENCY_UP: Reading<Dependency> = new("taskgate_dependency_up", "none");
    /// 1, with the version of this build.
    BUILD_INFO: Reading<Version> = new("taskgate_build_info", "none");
    /// Memory that the process has in use.
    RESIDENT_MEMORY: Reading<()> = new("process_resident_memory_bytes", "bytes");
    /// Memory that it may have, where its control group has a limit.
    MEMORY_LIMIT: Reading<()> = new("taskgate_memory_limit_bytes", "bytes");
    /// Processor time that the process has used.
    CPU_SECONDS: Reading<()> = growing("process_cpu_seconds_total", "seconds");
    /// Files and sockets that the process has open.
    OPEN_FDS: Reading<()> = new("process_open_fds", "files");
    /// Files and sockets that it may have open.
    MAX_FDS: Reading<()> = new("process_max_fds", "files");
    /// When the process started, in Unix time.
    START_TIME: Reading<()> = new("process_start_time_seconds", "seconds");
}
