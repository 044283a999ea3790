//! A call, from the way it came in to the record it ends in.

mod code;
mod content;
mod context;
mod record;

pub use code::Code;
pub use content::{Content, ResourceContents};
pub use context::{
    CallContext, Capability, ClientChannel, InputRequest, InputRequests, InputResponses, LogLevel,
};
pub use record::{CallRecord, Era, RequestId, Transport};
