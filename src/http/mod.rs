//! The HTTP edge, and the only room that names axum: routes, authentication, `/mcp`, `/sse`, health. Here and
//! nowhere else do meanings become status codes.

mod body;
mod caller;
mod connection;
mod cors;
mod error;
mod front;
mod gate;
mod guard;
mod health;
mod legacy_sse;
mod mcp;
mod open_streams;
mod peers;
mod reply;
mod router;
mod serve;
mod sse;

pub use gate::{Gate, GateParts, Readiness};
pub use open_streams::OpenStreams;
pub use router::{Access, ROUTES, Route};
pub use serve::{Bound, bind};
