//! MCP over HTTP: Streamable HTTP, and HTTP+SSE of 2024-11-05. Framing only; `mcp` knows the methods.

mod accept;
pub mod legacy_sse;
mod reply;
mod sse;
pub mod streamable;

pub use reply::Observed;
pub use sse::Sends;
