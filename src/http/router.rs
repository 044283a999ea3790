//! The one table of routes. A page stands in it as its handlers and who may use them; its path, its methods and its document
//! stand at the handlers. The router, the OpenAPI document and every refusal of a method are made from this table, and the
//! refusal tests with them.

use std::{sync::LazyLock, time::Duration};

use axum::{
    Extension, Router,
    http::StatusCode,
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use tower_http::timeout::TimeoutLayer;
use utoipa::{
    Path,
    openapi::{HttpMethod, PathItem, SecurityRequirement, path::Operation},
};
use utoipa_axum::{PathItemExt, paste, router::UtoipaMethodRouter, routes};

use super::{
    account::me,
    admin::{audit, tokens::handlers as tokens, usage},
    board::{history, overview, task},
    dashboard::{
        PageTable,
        acts::{
            self,
            on_task::{self, AssignForm, DeleteForm, DependForm, MoveForm},
        },
        assets, is_page, live, no_such_page, pages, within as within_dashboard,
    },
    error::Refusal,
    openapi::{self, ApiDocument, PathDocument},
    service::{docs, fetch_comments, health, metrics, root, sessions},
    state::{AppState, WebhookSender},
    transport::{legacy_sse, streamable},
    webhooks::{github, linear, planka},
};
use crate::{github::LOGIN_TIME, model::Code};

/// For the answer of a page of keys to begin: longer than GitHub may take to say whose a token is, so that what is wrong
/// there is told and logged as that.
const TIME_LIMIT: Duration = LOGIN_TIME.saturating_add(Duration::from_secs(30));
/// Pages that ask the store, or others, on behalf of a key or the administrator.
const TIMED: [&str; 2] = ["/admin/", "/api/"];

/// Every route.
pub static ROUTES: LazyLock<Vec<Route>> =
    LazyLock::new(|| entries().into_iter().map(|entry| entry.route).collect());

/// Pages at one path, by the names of their handlers in a module.
macro_rules! page {
    ($access:expr, $module:ident::{$($handler:ident),+}) => {
        paste! {
            Entry {
                route: Route::page($access, [
                    $(($module::[<__path_ $handler>]::path(), $module::[<__path_ $handler>]::methods())),+
                ]),
                handlers: MethodRouter::new()
                    $(.on($module::[<__path_ $handler>]::methods()[0].to_method_filter(), $module::$handler))+,
                document: Some(|| routes!($($module::$handler),+)),
            }
        }
    };
}

/// Every page and transport, with who may use it.
fn entries() -> Vec<Entry> {
    vec![
        page!(Access::Optional, root::{get}),
        page!(Access::Public, health::{health}),
        page!(Access::Public, health::{ready}),
        page!(Access::Scraper, metrics::{get}),
        // The pipeline answers POST of this and of /sse/messages.
        transport("/mcp", &["POST", "GET", "DELETE"], get(streamable::get).delete(streamable::delete)),
        transport("/sse", &["GET"], get(legacy_sse::open)),
        transport("/sse/messages", &["POST"], MethodRouter::new()),
        page!(Access::Key, me::{get}),
        page!(Access::Key, me::{rotate}),
        page!(Access::Key, overview::{get}),
        page!(Access::Key, task::{get}),
        page!(Access::Key, history::{get}),
        page!(Access::Key, fetch_comments::{fetch}),
        page!(Access::KeyOrAdmin, sessions::{list}),
        page!(Access::KeyOrAdmin, sessions::{close}),
        page!(Access::Admin, tokens::{create, list}),
        page!(Access::Admin, tokens::{get, patch, delete}),
        page!(Access::Admin, tokens::{rotate}),
        page!(Access::Admin, audit::{get}),
        page!(Access::Admin, usage::{get}),
        page!(Access::Sender(WebhookSender::Github), github::{deliver}),
        page!(Access::Sender(WebhookSender::Linear), linear::{deliver}),
        page!(Access::Sender(WebhookSender::Planka), planka::{deliver}),
        page!(Access::Public, openapi::{document}),
        page!(Access::Public, docs::{open}),
        page!(Access::Public, docs::{asset}),
    ]
    .into_iter()
    .chain(screens())
    .collect()
}

/// The pages and acts of the dashboard.
fn screens() -> Vec<Entry> {
    vec![
        screen(Access::Public, "/dashboard/assets/{name}", &["GET"], get(assets::get)),
        screen(
            Access::Public,
            "/dashboard/sign-in",
            &["POST", "GET"],
            get(pages::sign_in::show).post(acts::sign_in::post),
        ),
        screen(Access::SignedIn, "/dashboard/sign-out", &["POST"], post(acts::sign_out::post)),
        endless(screen(Access::Viewer, "/dashboard/stream", &["GET"], get(live::stream))),
        screen(Access::Viewer, "/dashboard", &["GET"], get(pages::overview::show)),
        screen(Access::Manager, "/dashboard/tasks", &["POST"], post(acts::create_task::post)),
        screen(Access::Manager, "/dashboard/tasks/new", &["GET"], get(pages::tasks::new_task::show)),
        screen(Access::Viewer, "/dashboard/find", &["GET"], get(pages::find::show)),
        screen(Access::Viewer, "/dashboard/tasks/{id}", &["GET"], get(pages::tasks::task::show)),
        screen(Access::Manager, "/dashboard/tasks/{id}/act", &["GET"], get(pages::tasks::task_act::show)),
        screen(Access::Manager, "/dashboard/tasks/{id}/move", &["POST"], post(on_task::act::<MoveForm>)),
        screen(Access::Manager, "/dashboard/tasks/{id}/assign", &["POST"], post(on_task::act::<AssignForm>)),
        screen(Access::Manager, "/dashboard/tasks/{id}/depends", &["POST"], post(on_task::act::<DependForm>)),
        screen(Access::Manager, "/dashboard/tasks/{id}/delete", &["POST"], post(on_task::act::<DeleteForm>)),
        screen(
            Access::Administrator,
            "/dashboard/keys",
            &["POST", "GET"],
            get(pages::keys::show).post(acts::key_create::post),
        ),
        screen(Access::Administrator, "/dashboard/keys/{id}", &["GET"], get(pages::key::show)),
        screen(Access::Administrator, "/dashboard/keys/{id}/change", &["POST"], post(acts::key_change::post)),
        screen(Access::Administrator, "/dashboard/keys/{id}/rotate", &["POST"], post(acts::key_rotate::post)),
        screen(Access::Administrator, "/dashboard/keys/{id}/revoke", &["POST"], post(acts::key_revoke::post)),
        screen(Access::Administrator, "/dashboard/usage", &["GET"], get(pages::figures::usage::show)),
        screen(Access::Administrator, "/dashboard/audit", &["GET"], get(pages::figures::audit::show)),
        screen(Access::Viewer, "/dashboard/health", &["GET"], get(pages::figures::health::show)),
        screen(
            Access::Administrator,
            "/dashboard/health/streams/{id}/end",
            &["POST"],
            post(acts::end_stream::post),
        ),
        screen(Access::SignedIn, "/dashboard/me", &["GET"], get(pages::me::show)),
        screen(Access::SignedIn, "/dashboard/me/rotate", &["POST"], post(acts::key_rotate::own)),
        screen(Access::SignedIn, "/dashboard/connect", &["GET"], get(pages::connect::show)),
        screen(Access::Viewer, "/dashboard/board", &["GET"], get(pages::board::show)),
        screen(Access::Viewer, "/dashboard/agents", &["GET"], get(pages::agents::show)),
        screen(Access::Viewer, "/dashboard/agents/{id}", &["GET"], get(pages::agent::show)),
        screen(Access::Viewer, "/dashboard/agent", &["GET"], get(pages::agent::show_named)),
    ]
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Holders of a key.
    Key,
    /// The holder of the admin token.
    Admin,
    /// Holders of a key, and of the admin token.
    KeyOrAdmin,
    /// Anyone; who shows a credential must show a right one, and sees more.
    Optional,
    /// Who has the secret of its webhook; there is no such route where none is set.
    Sender(WebhookSender),
    /// The holder of the metrics token; there is no such route where none is set.
    Scraper,
    /// Anybody who is signed in to the dashboard.
    SignedIn,
    /// Who is signed in and may see the board.
    Viewer,
    /// Who is signed in and may act on tasks.
    Manager,
    /// Who is signed in and may see and change everything.
    Administrator,
}

/// A path and what it takes.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path, as axum writes its parameters.
    pub path: String,
    /// The methods it takes.
    pub methods: Vec<&'static str>,
    /// Who may use it.
    pub access: Access,
    /// Whether what it answers to GET ends by itself.
    is_page: bool,
}

/// A route with its handlers and its document.
struct Entry {
    route: Route,
    handlers: MethodRouter<AppState>,
    /// What makes the document, when that is asked for: it costs milliseconds. `None` for MCP, which OpenAPI cannot describe, and
    /// for what only a browser asks for.
    document: Option<fn() -> UtoipaMethodRouter<AppState>>,
}

/// The document of a page that `access` opens.
fn documented(access: Access, (schemas, paths, _): UtoipaMethodRouter<AppState>) -> PathDocument {
    let (path, mut item) = paths.paths.into_iter().next().expect("every handler has a path");
    for operation in operations(&mut item) {
        operation.security = Some(access.security());
    }
    PathDocument::new(&path, item, schemas)
}

fn transport(path: &str, methods: &[&'static str], handlers: MethodRouter<AppState>) -> Entry {
    let (path, methods) = (path.to_owned(), methods.to_vec());
    Entry { route: Route { path, methods, access: Access::Key, is_page: false }, handlers, document: None }
}

/// Something of the dashboard, which is for people: it stands in no document.
fn screen(access: Access, path: &str, methods: &[&'static str], handlers: MethodRouter<AppState>) -> Entry {
    let route = Route { path: path.to_owned(), methods: methods.to_vec(), access, is_page: true };
    Entry { route, handlers, document: None }
}

/// The same, where what it answers to GET does not end by itself.
fn endless(entry: Entry) -> Entry {
    Entry { route: Route { is_page: false, ..entry.route }, ..entry }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { post, get, put, patch, delete, .. } = item;
    [post, get, put, patch, delete].into_iter().filter_map(|operation| operation.as_mut())
}

/// The order in which `Allow` names methods.
const ORDER: [&str; 5] = ["POST", "GET", "PUT", "PATCH", "DELETE"];

/// The method as HTTP writes it.
fn word(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Put => "PUT",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}

impl Access {
    /// The credentials that open it, one of which is needed.
    fn security(self) -> Vec<SecurityRequirement> {
        let none = SecurityRequirement::default;
        let of = |name: &str| SecurityRequirement::new(name, [""; 0]);
        match self {
            Self::Public => vec![none()],
            Self::Key => vec![of("key")],
            Self::Admin => vec![of("admin")],
            Self::KeyOrAdmin => vec![of("key"), of("admin")],
            Self::Optional => vec![none(), of("key"), of("admin")],
            Self::Sender(sender) => vec![of(sender.as_str())],
            Self::Scraper => vec![of("metrics")],
            // Of the dashboard nothing is described.
            Self::SignedIn | Self::Viewer | Self::Manager | Self::Administrator => Vec::new(),
        }
    }
}

impl Route {
    /// The route of pages that stand at one path.
    fn page<const N: usize>(access: Access, pages: [(String, Vec<HttpMethod>); N]) -> Self {
        let taken = pages.iter().flat_map(|(_, methods)| methods);
        let mut methods: Vec<_> = taken.map(word).collect();
        methods.sort_by_key(|word| ORDER.iter().position(|known| known == word));
        Self { path: pages[0].0.clone(), methods, access, is_page: true }
    }

    /// The methods it answers. HEAD is GET without the page, where there is a page to be left out: not of a stream.
    pub fn allowed(&self) -> Vec<&'static str> {
        let is_page = self.is_page && self.methods.contains(&"GET");
        self.methods.iter().copied().chain(is_page.then_some("HEAD")).collect()
    }

    /// Whether `path` is one of its own.
    pub(super) fn has(&self, path: &str) -> bool {
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

/// The OpenAPI document of every page as JSON; paths are those of a gateway without a prefix.
pub fn openapi_json() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        openapi::json(
            entries().into_iter().filter_map(|entry| Some(documented(entry.route.access, entry.document?()))),
        )
    });
    &TEXT
}

/// The router. It knows neither prefix nor slashes at the end: see `pipeline::own_path`.
pub(super) fn router(state: &AppState) -> Router {
    let there = |entry: &Entry| match entry.route.access {
        Access::Sender(sender) => state.webhooks.secret(sender).is_some(),
        Access::Scraper => state.metrics_token.is_some(),
        _ => true,
    };
    let door = from_fn_with_state(state.clone(), within_dashboard);
    let routes =
        entries().into_iter().filter(there).fold(Router::new(), |router, Entry { route, handlers, .. }| {
            let allowed = route.allowed().join(", ");
            let refuse = move || async move { not_allowed(&allowed) };
            let handlers = if route.is_page { handlers } else { handlers.head(refuse.clone()) };
            let is_timed = TIMED.iter().any(|part| route.path.starts_with(part));
            let handlers = if is_timed { within(TIME_LIMIT, handlers) } else { handlers };
            let answers_alike = route.path == fetch_comments::PATH;
            let handlers = if answers_alike {
                handlers.layer(map_response(fetch_comments::as_answer))
            } else {
                handlers
            };
            let handlers = handlers.fallback(refuse);
            let is_screen = is_page(&route.path) && !route.path.starts_with(assets::FOLDER);
            router.route(&route.path, if is_screen { handlers.layer(door.clone()) } else { handlers })
        });
    // A wildcard needs something to stand for.
    let page = get(docs::index).fallback(|| async { not_allowed("GET, HEAD") });
    routes
        .route("/docs/", page)
        .route("/dashboard/{*rest}", any(no_such_page).layer(door))
        .fallback(|| async { Refusal::not_found() })
        .layer(Extension(ApiDocument(openapi_json)))
        .layer(Extension(PageTable(is_screen)))
        .with_state(state.clone())
}

/// The handlers, with an answer of their own when they take longer than that.
fn within<S: Clone + Send + Sync + 'static>(limit: Duration, handlers: MethodRouter<S>) -> MethodRouter<S> {
    let tell = |response: Response| async move {
        // No page answers this by itself.
        if response.status() != StatusCode::GATEWAY_TIMEOUT {
            return response;
        }
        Refusal::new(Code::StoreBusy, "the answer took too long: try again").into_response()
    };
    handlers
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, limit))
        .layer(map_response(tell))
}

/// Whether a page of the dashboard stands at that path, for who is signed in.
fn is_screen(path: &str) -> bool {
    let is_for_visitors = |access| {
        matches!(access, Access::SignedIn | Access::Viewer | Access::Manager | Access::Administrator)
    };
    let shows =
        |route: &Route| is_for_visitors(route.access) && route.is_page && route.methods.contains(&"GET");
    ROUTES.iter().any(|route| shows(route) && route.has(path))
}

/// The refusal of a method that is not one of those.
fn not_allowed(allowed: &str) -> Refusal {
    Refusal::method(allowed, format!("this path takes {allowed}"))
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    /// Else it would be said that the store is busy when GitHub says nothing.
    #[test]
    fn a_page_waits_longer_than_what_it_may_wait_for() {
        assert!(TIME_LIMIT > LOGIN_TIME);
    }

    #[tokio::test]
    async fn a_page_that_takes_too_long_is_a_json_503() {
        let handlers = get(std::future::pending::<()>);
        let pages = Router::new().route("/", within(Duration::from_millis(5), handlers));
        let response = pages.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (503, &"application/json".parse().unwrap())
        );
    }
}
