//! Traces: what a collector is told of calls and jobs, and what becomes of it where there is no collector.

mod calls;
mod collectors;
