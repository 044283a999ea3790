//! Callers of three gateways on one Redis, who are at one with their stream and at others with their calls.

pub mod http;
pub mod machines;
pub mod sse;
pub mod tally;
