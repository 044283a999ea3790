//! The route table. A route is listed here with who may use it; the refusal tests are generated from this table, and so is
//! every refusal of a method.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, delete, get, post},
};

use super::{
    account::me,
    admin::{audit, tokens::handlers as tokens, usage},
    error::Refusal,
    openapi,
    service::{docs, health, root, sessions},
    state::AppState,
    transport::{legacy_sse, streamable},
};

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

/// Routes whose GET does not end by itself.
const STREAMS: [&str; 2] = ["/mcp", "/sse"];

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

impl Route {
    /// The methods it answers. HEAD is GET without the page, where there is a page to be left out: not of a stream.
    pub fn allowed(&self) -> Vec<&'static str> {
        let is_page = self.methods.contains(&"GET") && !STREAMS.contains(&self.path);
        self.methods.iter().copied().chain(is_page.then_some("HEAD")).collect()
    }

    /// Whether `path` is one of its own.
    fn has(&self, path: &str) -> bool {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(rest), Some(_)) if rest.starts_with("{*") => return true,
                (Some(own), Some(given)) if own == given || (own.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    }
}

/// The path as the route table has it: a slash at the end means the same, and so does the `prefix` of the public URL, which
/// some proxies take away and some do not.
pub(super) fn own_path<'a>(path: &'a str, prefix: &str) -> &'a str {
    let bare = without_slash(path);
    let Some(rest) = path.strip_prefix(prefix).filter(|_| !prefix.is_empty()) else { return bare };
    let under = if rest.is_empty() { "/" } else { without_slash(rest) };
    // A prefix may be the name of a route.
    let is_under = under.starts_with('/') && ROUTES.iter().any(|route| route.has(under));
    if is_under && ROUTES.iter().all(|route| route.path != bare) { under } else { bare }
}

/// The documentation's page loads its files from where it is, so there a slash counts.
fn without_slash(path: &str) -> &str {
    let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty() && !bare.ends_with('/'));
    bare.filter(|_| !path.starts_with("/docs/")).unwrap_or(path)
}

/// The router. It knows neither prefix nor slashes at the end: see [`own_path`].
pub(super) fn router(state: &AppState) -> Router {
    let routes =
        ROUTES.into_iter().fold(Router::new(), |router, route| router.route(route.path, handlers(route)));
    // A wildcard needs something to stand for.
    let page = route(&["GET"], "/docs/", Access::Public);
    let page_handlers = get(docs::index).fallback(move || async move { not_allowed(page) });
    routes.route(page.path, page_handlers).fallback(not_found).with_state(state.clone())
}

fn handlers(route: Route) -> MethodRouter<AppState> {
    let refuse = move || async move { not_allowed(route) };
    let handlers = match route.path {
        "/health" => get(health::health),
        "/ready" => get(health::ready),
        // The front answers POST of this and of /sse/messages.
        "/mcp" => get(streamable::get).delete(streamable::delete).head(refuse),
        "/sse" => get(legacy_sse::open).head(refuse),
        "/sse/messages" => MethodRouter::new(),
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
    handlers.fallback(refuse)
}

async fn not_found() -> Response {
    Refusal::not_found().into_response()
}

/// The refusal of a method that the route does not have.
fn not_allowed(route: Route) -> Refusal {
    let allowed = route.allowed().join(", ");
    Refusal::method(&allowed, format!("this path takes {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_means_the_same() {
        for (path, own) in [
            ("/mcp", "/mcp"),
            ("/mcp/", "/mcp"),
            ("/", "/"),
            ("/sse/messages/", "/sse/messages"),
            ("/admin/tokens/x/", "/admin/tokens/x"),
            ("/docs/", "/docs/"),
            ("/docs/index.css", "/docs/index.css"),
            ("/nothing/", "/nothing"),
            ("/mcp//", "/mcp//"),
            ("//", "//"),
            ("", ""),
        ] {
            assert_eq!(own_path(path, ""), own, "{path}");
        }
    }

    #[test]
    fn a_prefix_means_the_same_with_and_without() {
        for (prefix, path, own) in [
            ("/gate", "/gate/mcp", "/mcp"),
            ("/gate", "/mcp", "/mcp"),
            ("/gate", "/gate", "/"),
            ("/gate", "/gate/", "/"),
            ("/gate", "/gate/docs/", "/docs/"),
            ("/gate", "/gate/docs/a.css", "/docs/a.css"),
            ("/gate", "/gate/admin/tokens/x/", "/admin/tokens/x"),
            ("/gate", "/gatehouse", "/gatehouse"),
            ("/gate", "/gate/gate/mcp", "/gate/gate/mcp"),
            ("/a/b", "/a/b/sse/messages", "/sse/messages"),
            ("/:team", "/:team/mcp", "/mcp"),
            ("/:team", "/other/mcp", "/other/mcp"),
            ("/*", "/*/mcp", "/mcp"),
            // Names of routes.
            ("/mcp", "/mcp", "/mcp"),
            ("/mcp", "/mcp/mcp", "/mcp"),
            ("/sse", "/sse/messages", "/sse/messages"),
            ("/sse", "/sse/sse/messages", "/sse/messages"),
            ("/docs", "/docs/mcp", "/mcp"),
            ("/docs", "/docs/docs/", "/docs/"),
            ("/docs", "/docs/index.css", "/docs/index.css"),
            ("/sessions", "/sessions/sessions/x", "/sessions/x"),
        ] {
            assert_eq!(own_path(path, prefix), own, "{prefix} {path}");
        }
    }
}
