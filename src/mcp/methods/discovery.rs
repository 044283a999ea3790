//! `ping` (sessions) and `server/discover` (2026-07-28): whether the gateway is there, and what it speaks.

use serde_json::json;

use super::params::Params;
use crate::mcp::{
    call::Call,
    jsonrpc::ResultBody,
    lists::TTL_MILLIS,
    revision::Revision,
    server::{Reply, ServerFeatures},
};

pub(super) fn ping(call: Call, _: &Params<'_>) -> Reply {
    call.ready(Ok(ResultBody::empty()))
}

pub(super) fn discover(call: Call, _: &Params<'_>) -> Reply {
    let result = json!({
        "supportedVersions": Revision::ALL.map(Revision::as_str),
        "capabilities": ServerFeatures::capabilities(),
        "instructions": call.server.features.instructions,
    });
    call.ready(Ok(ResultBody::cacheable(&result, TTL_MILLIS)))
}
