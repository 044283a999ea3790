//! `initialize`: opens a session, in the revision both sides speak.

use serde_json::json;

use super::params::Params;
use crate::{
    mcp::{
        call::Call,
        jsonrpc::{Members, ProtocolFault, ResultBody},
        revision::{Capabilities, Revision},
        server::{Reply, ServerFeatures},
        session::Session,
    },
    model::Transport,
};

pub(super) fn start(call: Call, params: &Params<'_>) -> Reply {
    let (revision, capabilities) = match read(params) {
        Ok(read) => read,
        Err(fault) => return call.ready(Err(fault)),
    };
    let (server, context) = (&call.server, &call.context);
    let lasting = context.transport == Transport::StreamableHttp;
    let now = server.parts.clock.store_now();
    let session = Session::new(&context.principal, revision, capabilities, now, lasting);
    let result = json!({
        "protocolVersion": revision.as_str(),
        "capabilities": ServerFeatures::capabilities(),
        "serverInfo": server.features.info(),
        "instructions": server.features.instructions,
    });
    Reply::Initialized(call.finish(Ok(ResultBody::plain(&result)), None), session)
}

fn read(params: &Params<'_>) -> Result<(Revision, Capabilities), ProtocolFault> {
    let expected = || ProtocolFault::params("protocolVersion: expected text such as 2025-11-25");
    let version = params.members.text("protocolVersion").ok_or_else(expected)?;
    let declared = params.members.get("capabilities").unwrap_or("{}");
    let capabilities = Capabilities::declared(&Members::parse(declared, "capabilities")?);
    Ok((Revision::negotiate(&version), capabilities))
}
