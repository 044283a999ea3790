//! JSON-RPC 2.0, borrowed from the bytes it came in and written as text: envelopes, ids, members, responses, faults.
//!
//! Knows no method and no session.

mod error;
mod id;
mod members;
mod message;
mod packet;
mod response;

pub use error::{FaultKind, ProtocolFault};
pub use message::{Message, Request};
pub use packet::{Batch, Packet};
pub use response::{JsonRpcResponse, JsonText};

pub(super) use id::{is_id, spelled_alike};
pub(super) use members::Members;
pub(super) use response::{Encoder, ResultBody, ResultKind, fault_response, notification, request, to_json};
