//! What the objectives are held to: each call is judged when it ends, so that whoever reads metrics has to know neither codes
//! nor buckets, and no rule changes with a setting.

use std::{sync::OnceLock, time::Duration};

use super::{
    table::{ERRORS, OBJECTIVE_CALLS, OBJECTIVE_LATENCY, OBJECTIVE_RATIO},
    values::{BucketBound, Judgement, Objective},
};
use crate::{
    config::ObjectiveSettings,
    model::{CallRecord, Code},
};

/// The method whose call lasts as long as its stream.
const STREAM: &str = "subscriptions/listen";
/// The tool that waits as long as it is asked to.
const WAITS: &str = "request_next_task";

static ANSWERED_WITHIN: OnceLock<Duration> = OnceLock::new();

/// Holds what is counted from now on to those. The first ones count.
pub(super) fn hold_to(objectives: &ObjectiveSettings) {
    let within = *ANSWERED_WITHIN.get_or_init(|| objectives.answered_within);
    OBJECTIVE_RATIO.set(Objective::Availability, objectives.availability.ratio());
    OBJECTIVE_RATIO.set(Objective::Latency, objectives.latency.ratio());
    OBJECTIVE_LATENCY.set(BucketBound::of(within), within.as_secs_f64());
}

/// Counts what was refused before it became a call.
pub fn count_refusal(code: Code) {
    ERRORS.add(code);
    if code.is_fault_of_gateway() {
        OBJECTIVE_CALLS.add((Objective::Availability, Judgement::Bad));
    }
}

/// Judges a call that has ended. What fails is not quick, however soon it does: it is none of those that latency is of.
pub(super) fn judge(call: &CallRecord<'_>) {
    if call.failure.is_some_and(Code::is_fault_of_gateway) {
        OBJECTIVE_CALLS.add((Objective::Availability, Judgement::Bad));
        return;
    }
    OBJECTIVE_CALLS.add((Objective::Availability, Judgement::Good));
    let waits = call.method == STREAM || call.name == WAITS;
    if let Some(within) = ANSWERED_WITHIN.get().filter(|_| !waits) {
        let verdict = if call.duration <= *within { Judgement::Good } else { Judgement::Bad };
        OBJECTIVE_CALLS.add((Objective::Latency, verdict));
    }
}
