//! What of a call took how long, for a collector (OTLP). Off until [`turn_on`]: then a place that could begin a span is one look.
//!
//! **Nothing that a caller or a board wrote can be in a span:** its name and the values of its attributes are words of this program,
//! or numbers, and their types are all there is. What comes from outside are ids of the trace, checked, and `tracestate`.

mod context;
mod encode;
mod queue;
mod record;
mod sampler;
mod span;
mod tracer;
mod wire;

pub use context::{TraceParent, W3C_PARENT, W3C_STATE};
pub use encode::{SpanEncoder, rejected_spans};
pub use queue::{SpanQueue, queue};
pub use record::{SpanKind, SpanRecord, SpanValue};
pub use span::Span;
pub use tracer::{child, in_root, is_on, of_call, of_request, turn_on};
