//! The OpenAPI document of every page: what it answers and refuses. Each part of it is made from the page's handlers.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        PathItem, RefOr, Schema,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};

use super::{
    admin::{audit, usage},
    error::ErrorResponses,
    state::WebhookSender,
};
use crate::config::ListenSettings;

#[derive(OpenApi)]
#[openapi(
    info(title = "taskgate", description = "Everything that is not MCP: health, keys, reviews, audit, usage, sessions, webhooks."),
    components(schemas(audit::Format, usage::Window, usage::By)),
    modifiers(&Schemes),
    tags(
        (name = "service", description = "what this is and how it does"),
        (name = "self-service", description = "a key and itself"),
        (name = "board", description = "tasks, agents and what happened, with a key that has board:read"),
        (name = "pull requests", description = "reviews, with the GitHub token of a key"),
        (name = "keys", description = "with the admin token"),
        (name = "audit", description = "with the admin token"),
        (name = "usage", description = "with the admin token"),
        (name = "webhooks", description = "signed, or with a token of who sends them; there when their secret is set"),
    )
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for name in ["key", "admin", "metrics", WebhookSender::Planka.as_str()] {
            let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(name, scheme);
        }
        let signatures =
            [(WebhookSender::Github, "X-Hub-Signature-256"), (WebhookSender::Linear, "Linear-Signature")];
        for (sender, header) in signatures {
            let header = ApiKey::Header(ApiKeyValue::new(header));
            components.add_security_scheme(sender.as_str(), SecurityScheme::ApiKey(header));
        }
    }
}

/// One path of the document.
pub(super) struct PathDocument {
    path: String,
    item: PathItem,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl PathDocument {
    /// The document of `path` as axum writes it. OpenAPI knows no rest of a path.
    pub(super) fn new(path: &str, item: PathItem, schemas: Vec<(String, RefOr<Schema>)>) -> Self {
        Self { path: path.replace("{*", "{"), item, schemas }
    }
}

/// The document of those `paths` as JSON.
pub(super) fn json(paths: impl Iterator<Item = PathDocument>) -> String {
    let mut document = Document::openapi();
    for PathDocument { path, item, schemas } in paths {
        document.paths.paths.insert(path, item);
        document.components.get_or_insert_default().schemas.extend(schemas);
    }
    document.to_json().expect("the document is made of plain values, which always serialise")
}

/// What makes the whole document, when the page that shows it is first asked for.
#[derive(Clone, Copy)]
pub(super) struct ApiDocument(pub(super) fn() -> &'static str);

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "service",
    responses((status = 200, body = Object), ErrorResponses))]
pub(super) async fn document(
    State(listen): State<Arc<ListenSettings>>,
    Extension(ApiDocument(document)): Extension<ApiDocument>,
) -> Response {
    let url = if listen.prefix().is_empty() { "/" } else { listen.prefix() };
    let made = document().replacen('{', &format!("{{\"servers\":[{{\"url\":\"{url}\"}}],"), 1);
    ([(header::CONTENT_TYPE, "application/json")], made).into_response()
}
