//! What calls are counted by.

use super::{
    objective::judge,
    table::{CALLS, ERRORS, TOOL_CALL_DURATION, TOOL_CALLS},
    values::{CallOutcome, McpMethod, ToolName},
};
use crate::{model::CallRecord, telemetry::Observer};

/// The method whose calls name a tool.
const TOOLS: &str = "tools/call";

/// Counts calls.
pub struct CallMetrics;

impl Observer for CallMetrics {
    fn observe(&self, call: &CallRecord<'_>) {
        if !CALLS.is_on() {
            return;
        }
        let outcome = if call.failure.is_some() { CallOutcome::Failed } else { CallOutcome::Ok };
        CALLS.add((McpMethod::of(call.method), call.transport, call.era, outcome));
        if let Some(code) = call.failure {
            ERRORS.add(code);
        }
        judge(call);
        if call.method == TOOLS {
            let tool = ToolName::of(call.name);
            TOOL_CALLS.add((tool, outcome));
            TOOL_CALL_DURATION.observe(tool, call.duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        model::{Era, Principal, RequestId, ScopeSet, Transport, UnixMillis, Workspace},
        telemetry::metrics::{page, tests::turn_all_on},
    };

    /// Counts a call of that user that took so long.
    fn call(user: &str, tool: &str, duration: Duration) {
        let principal = Principal {
            workspace: Workspace::default(),
            user_id: user.into(),
            key_id: user.into(),
            key_prefix: user.into(),
            scopes: ScopeSet::standard(),
        };
        CallMetrics.observe(&CallRecord {
            request_id: &RequestId::accept(Some(b"one"), UnixMillis(0)),
            principal: &principal,
            transport: Transport::StreamableHttp,
            era: Era::Stateless,
            method: "tools/call",
            name: tool,
            failure: None,
            duration,
        });
    }

    #[test]
    fn an_answer_is_in_time_until_the_time_is_over() {
        turn_all_on();
        let late = || {
            let series = "taskgate_objective_calls_total{objective=\"latency\",verdict=\"bad\"} ";
            let text = page();
            let shown = text.lines().find_map(|line| line.strip_prefix(series)).map(str::parse::<u64>);
            shown.expect("it is there from the start").expect("it is a count")
        };
        let before = late();
        call("u", "ping", Duration::from_millis(2_500));
        call("u", "request_next_task", Duration::from_secs(60));
        assert_eq!(late(), before);
        call("u", "ping", Duration::from_micros(2_500_001));
        assert_eq!(late(), before + 1);
    }

    #[test]
    fn a_hundred_thousand_users_and_tools_make_no_series() {
        const SHORT: Duration = Duration::from_micros(700);
        turn_all_on();
        call("u", "ping", SHORT);
        call("u", "unknown", SHORT);
        // Other tests may count at the same time.
        let series =
            || page().lines().filter(|line| line.contains("_calls_total") || line.contains("_call_")).count();
        let before = series();
        for number in 0..100_000 {
            call(&format!("user-{number}"), &format!("tool-{number}"), SHORT);
        }
        let text = page();
        assert_eq!(series(), before);
        for line in [
            "taskgate_tool_calls_total{tool=\"other\",outcome=\"ok\"} 100001",
            "taskgate_tool_call_duration_seconds_bucket{tool=\"other\",le=\"0.0005\"} 0",
            "taskgate_tool_call_duration_seconds_bucket{tool=\"other\",le=\"0.001\"} 100001",
            "taskgate_tool_call_duration_seconds_bucket{tool=\"other\",le=\"+Inf\"} 100001",
            "taskgate_tool_call_duration_seconds_count{tool=\"other\"} 100001",
            "taskgate_tool_call_duration_seconds_sum{tool=\"other\"} 70.0007",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is missing");
        }
    }
}
