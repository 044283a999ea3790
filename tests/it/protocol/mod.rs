//! MCP in its revisions, over each transport.

mod batches;
mod documented_walk;
mod legacy_sse;
mod lenient_reading;
mod official_client;
mod pull_requests;
mod sessions;
mod standalone_streams;
mod stateless;
mod stdio;
