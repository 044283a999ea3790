//! The route table. A route is listed here with who may use it; the refusal tests are generated from this table.

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};

use super::{Gate, error::Refusal, health, legacy_sse, mcp};
use crate::model::Code;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Holders of a key.
    Key,
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

/// Every route.
pub const ROUTES: [Route; 5] = [
    Route { methods: &["GET"], path: "/health", access: Access::Public },
    Route { methods: &["GET"], path: "/ready", access: Access::Public },
    Route { methods: &["POST", "GET", "DELETE"], path: "/mcp", access: Access::Key },
    Route { methods: &["GET"], path: "/sse", access: Access::Key },
    Route { methods: &["POST"], path: "/sse/messages", access: Access::Key },
];

/// The router, everything under the public URL's path.
pub(super) fn router(gate: &Arc<Gate>) -> Router {
    let routes =
        ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, handlers(route.path)));
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
