//! A place in a trace: what is done there has it for a parent.

use std::sync::Arc;

/// A span that is being recorded, by its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracePlace {
    /// The trace; never 0.
    pub trace_id: u128,
    /// The span; never 0.
    pub span_id: u64,
    /// What the systems before this one keep in the trace (`tracestate`), as it came.
    pub state: Option<Arc<str>>,
}

impl TracePlace {
    /// The place as others are told of it (`traceparent`, W3C).
    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-01", self.trace_id, self.span_id)
    }
}
