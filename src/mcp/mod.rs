//! The protocol without HTTP: envelope, eras, one dispatch, sessions, subscriptions, asking the client.
//!
//! A transport reads bytes, says who sent them, and carries what comes back; it knows no method.

mod batch;
mod call;
mod context;
mod dispatch;
mod elsewhere;
mod inflight;
mod input;
mod jsonrpc;
mod lists;
mod methods;
mod notify;
mod receive;
mod revision;
mod server;
mod session;
mod sessions;

pub use context::RequestContext;
pub use input::PendingInputs;
pub use jsonrpc::{FaultKind, JsonRpcResponse, JsonText, ProtocolFault};
pub use methods::method_names;
pub use notify::{ListChange, Subscriptions};
pub use receive::Incoming;
pub use revision::{Headers, Revision};
pub use server::{Reply, Server, ServerFeatures, ServerParts};
pub use session::{
    EventId, Session, SessionSealer, SessionSettings, StandsAlone, Stream, StreamKind, StreamReader, Streams,
};
