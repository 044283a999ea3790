//! The protocol without HTTP: envelope, eras, one dispatch, sessions, subscriptions, asking the client.
//!
//! A transport reads bytes, says who sent them, and carries what comes back; it knows no method.

mod ask;
mod asks;
mod batch;
mod call;
mod capabilities;
mod complete;
mod dispatch;
mod encode;
mod envelope;
mod error;
mod filter;
mod headers;
mod hub;
mod id;
mod inbound;
mod inflight;
mod link;
mod listen;
mod lists;
mod members;
mod meta;
mod prompts;
mod queue;
mod request_state;
mod resources;
mod revision;
mod route;
mod server;
mod session;
mod session_settings;
mod stream;
mod streams;
mod tools;

pub use asks::Asks;
pub use batch::Messages;
pub use encode::{Answer, Text};
pub use envelope::{Message, Packet, Request};
pub use error::{Fault, FaultKind};
pub use filter::ListChange;
pub use headers::Headers;
pub use hub::Hub;
pub use inbound::Inbound;
pub use revision::Revision;
pub use server::{Handled, Offer, Server, ServerParts};
pub use session::{Session, SessionSealer};
pub use session_settings::SessionSettings;
pub use stream::{Reader, Stream};
pub use streams::{EventId, StreamKind, Streams};
