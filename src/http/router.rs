//! The route table. A route is listed here with who may use it; the refusal tests are generated from this table.

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, delete, get, post},
};

use super::{
    Gate, audit, docs, error::Refusal, health, legacy_sse, mcp, me, openapi, root, sessions, tokens, usage,
};
use crate::model::Code;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Holders of a key.
    Key,
    /// The holder of the admin token.
    Admin,
    /// Either.
    KeyOrAdmin,
    /// Anyone; who shows a credential must show a right one, and sees more.
    Visitor,
}

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The methods it takes.
    pub methods: &'static [&'static str],
    /// Its path.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

const fn route(methods: &'static [&'static str], path: &'static str, access: Access) -> Route {
    Route { methods, path, access }
}

/// Every route.
pub const ROUTES: [Route; 18] = [
    route(&["GET"], "/", Access::Visitor),
    route(&["GET"], "/health", Access::Public),
    route(&["GET"], "/ready", Access::Public),
    route(&["POST", "GET", "DELETE"], "/mcp", Access::Key),
    route(&["GET"], "/sse", Access::Key),
    route(&["POST"], "/sse/messages", Access::Key),
    route(&["GET"], "/api/me", Access::Key),
    route(&["POST"], "/api/me/rotate", Access::Key),
    route(&["GET"], "/sessions", Access::KeyOrAdmin),
    route(&["DELETE"], "/sessions/{id}", Access::KeyOrAdmin),
    route(&["POST", "GET"], "/admin/tokens", Access::Admin),
    route(&["GET", "PATCH", "DELETE"], "/admin/tokens/{id}", Access::Admin),
    route(&["POST"], "/admin/tokens/{id}/rotate", Access::Admin),
    route(&["GET"], "/admin/audit", Access::Admin),
    route(&["GET"], "/admin/usage", Access::Admin),
    route(&["GET"], "/openapi.json", Access::Public),
    route(&["GET"], "/docs", Access::Public),
    route(&["GET"], "/docs/{*file}", Access::Public),
];

/// The router, everything under the public URL's path.
pub(super) fn router(gate: &Arc<Gate>) -> Router {
    let routes =
        ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, handlers(route.path)));
    // A wildcard needs something to stand for.
    let routes = routes.route("/docs/", get(docs::index).fallback(not_allowed));
    let prefix = gate.parts.listen.prefix();
    let router = if prefix.is_empty() {
        routes
    } else {
        // Probes come from the platform, which knows nothing of the prefix.
        Router::new()
            .nest(prefix, routes)
            .route("/health", handlers("/health"))
            .route("/ready", handlers("/ready"))
    };
    router.fallback(not_found).with_state(Arc::clone(gate))
}

fn handlers(path: &str) -> MethodRouter<Arc<Gate>> {
    let handlers = match path {
        "/health" => get(health::health),
        "/ready" => get(health::ready),
        "/mcp" => post(mcp::post).get(mcp::get).delete(mcp::delete).head(not_allowed),
        "/sse" => get(legacy_sse::open).head(not_allowed),
        "/sse/messages" => post(legacy_sse::message),
        "/" => get(root::get),
        "/api/me" => get(me::get),
        "/api/me/rotate" => post(me::rotate),
        "/sessions" => get(sessions::list),
        "/sessions/{id}" => delete(sessions::close),
        "/admin/tokens" => post(tokens::create).get(tokens::list),
        "/admin/tokens/{id}" => get(tokens::get).patch(tokens::patch).delete(tokens::delete),
        "/admin/tokens/{id}/rotate" => post(tokens::rotate),
        "/admin/audit" => get(audit::get),
        "/admin/usage" => get(usage::get),
        "/openapi.json" => get(openapi::document),
        "/docs" => get(docs::open),
        "/docs/{*file}" => get(docs::asset),
        _ => any(not_found),
    };
    handlers.fallback(not_allowed)
}

async fn not_found() -> Response {
    Refusal::not_found().into_response()
}

async fn not_allowed() -> Response {
    Refusal::new(Code::MethodNotAllowed, "this path does not take that method").into_response()
}
