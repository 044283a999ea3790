//! The OpenAPI document: every HTTP route that is not MCP, with what it answers and refuses. Made from the handlers; a test holds
//! it to the route table.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{
    account::me,
    admin::{audit, tokens::handlers as tokens, usage},
    error::Fault,
    service::{docs, health, root, sessions},
};
use crate::config::ListenSettings;

#[derive(OpenApi)]
#[openapi(
    info(title = "taskgate", description = "Everything that is not MCP: health, keys, audit, usage, sessions."),
    paths(
        root::get, health::health, health::ready, document, docs::open, docs::asset, me::get, me::rotate, sessions::list, sessions::close,
        tokens::create, tokens::list, tokens::get, tokens::patch, tokens::delete, tokens::rotate, audit::get, usage::get
    ),
    components(schemas(audit::Format, usage::Window, usage::By)),
    modifiers(&Schemes),
    tags(
        (name = "service", description = "what this is and how it does"),
        (name = "self-service", description = "a key and itself"),
        (name = "keys", description = "with the admin token"),
        (name = "audit", description = "with the admin token"),
        (name = "usage", description = "with the admin token"),
    )
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for name in ["key", "admin"] {
            let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(name, scheme);
        }
    }
}

/// The document as JSON; paths are those of a gateway without a prefix.
pub fn openapi_json() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        Document::openapi().to_json().expect("the document is made of plain values, which always serialise")
    })
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "service", security(()),
    responses((status = 200, body = Object), Fault))]
pub(super) async fn document(State(listen): State<Arc<ListenSettings>>) -> Response {
    let url = if listen.prefix().is_empty() { "/" } else { listen.prefix() };
    let made = openapi_json().replacen('{', &format!("{{\"servers\":[{{\"url\":\"{url}\"}}],"), 1);
    ([(header::CONTENT_TYPE, "application/json")], made).into_response()
}
