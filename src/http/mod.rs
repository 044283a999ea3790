//! The HTTP edge, and the only room that names axum: routes, authentication, `/mcp`, `/sse`, keys, audit, usage, health. Here and
//! nowhere else do meanings become status codes.

mod accept;
mod audit;
mod body;
mod caller;
mod connection;
mod cors;
mod docs;
mod error;
mod form;
mod front;
mod gate;
mod guard;
mod health;
mod legacy_sse;
mod mcp;
mod me;
mod open_streams;
mod openapi;
mod peers;
mod phase;
mod problem;
mod reply;
mod reserve;
mod root;
mod router;
mod serve;
mod sessions;
mod sse;
mod token_form;
mod token_view;
mod tokens;
mod usage;

pub use gate::{Gate, GateParts, Readiness};
pub use open_streams::OpenStreams;
pub use openapi::openapi_json;
pub use router::{Access, ROUTES, Route};
pub use serve::{Bound, Serving, bind};
