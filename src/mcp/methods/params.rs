//! What a method is given of its request: the params, the body they are borrowed from, the headers that repeat them.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{
    mcp::{
        jsonrpc::{Members, ProtocolFault},
        revision::{Headers, check_arguments},
    },
    tools::RegisteredTool,
};

/// The params of one request.
pub(crate) struct Params<'a> {
    pub(crate) members: &'a Members<'a>,
    pub(crate) body: &'a Bytes,
    /// The headers that repeat parts of the body, where the transport has any.
    pub(crate) headers: Option<&'a dyn Headers>,
}

impl<'a> Params<'a> {
    /// The text of a member that must be given.
    pub(super) fn text(&self, name: &str) -> Result<Cow<'a, str>, ProtocolFault> {
        self.members.text(name).ok_or_else(|| ProtocolFault::params(format!("{name}: expected text")))
    }

    /// The JSON text of the object a tool is given; an empty one when the member is absent. Nothing is copied.
    pub(super) fn arguments(&self) -> Bytes {
        let raw = self.members.get("arguments");
        raw.map_or(Bytes::from_static(b"{}"), |raw| self.body.slice_ref(raw.as_bytes()))
    }

    /// Checks the headers that repeat arguments of that tool.
    pub(super) fn check_headers_of(&self, tool: &RegisteredTool) -> Result<(), ProtocolFault> {
        let Some(headers) = self.headers else { return Ok(()) };
        check_arguments(headers, self.members, tool.mirrored_arguments())
    }
}
