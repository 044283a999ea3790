//! `tools/list`, `prompts/list`, `resources/list` and `resources/templates/list`.

use super::params::Params;
use crate::mcp::{call::Call, lists::as_json, server::Reply};

pub(super) fn tools(call: Call, params: &Params<'_>) -> Reply {
    let server = &call.server;
    let page = server.tools.page(params.members, || server.features.tools.listed());
    call.ready(page)
}

pub(super) fn prompts(call: Call, params: &Params<'_>) -> Reply {
    let server = &call.server;
    let page = server.prompts.page(params.members, || server.features.prompts.listed());
    call.ready(page)
}

pub(super) fn resources(call: Call, params: &Params<'_>) -> Reply {
    let server = &call.server;
    let page = server.resources.page(params.members, || as_json(server.features.resources.list()));
    call.ready(page)
}

pub(super) fn templates(call: Call, params: &Params<'_>) -> Reply {
    let server = &call.server;
    let page = server.templates.page(params.members, || as_json(server.features.resources.templates()));
    call.ready(page)
}
