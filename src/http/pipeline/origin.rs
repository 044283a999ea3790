//! Which web pages may call (`Origin`), under which names we answer (`Host`), and what browsers are told.
//!
//! The CORS layer of tower-http costs a call 0.7 us by itself (`cargo bench --bench layers`), where 0.2 us are the most that a
//! layer may, so these headers stay ours.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use url::Url;

use crate::{
    config::{OriginRule, host_name, is_loopback_name},
    http::{error::Refusal, state::AppState},
    model::Code,
};

const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE, OPTIONS");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name, \
     X-Request-Id, Idempotency-Key",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "Mcp-Session-Id, X-Request-Id, Retry-After, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, \
     X-RateLimit-Reset, X-Key-Expires-At",
);

/// Refuses a `Host` that is not ours: a page that made its own name point here (DNS rebinding) cannot call.
pub(super) fn check_host(state: &AppState, host: Option<&str>) -> Result<(), Refusal> {
    let name = host.and_then(host_name);
    let allowed = &state.listen.allowed_hosts;
    if name.as_deref().is_some_and(|name| is_loopback_name(name) || allowed.iter().any(|own| own == name)) {
        return Ok(());
    }
    let text = match name {
        Some(name) => {
            format!("the Host `{}` is not allowed: add it to TASKGATE_ALLOWED_HOSTS", printable(&name))
        }
        None => String::from("the Host is not a name, or an address, with or without a port"),
    };
    Err(Refusal::new(Code::HostNotAllowed, text))
}

/// Refuses an `Origin` that is not allowed. A request without one is not from a web page.
pub(super) fn check_origin(state: &AppState, headers: &HeaderMap) -> Result<(), Refusal> {
    if !headers.contains_key(header::ORIGIN) || allowed_origin(state, headers).is_some() {
        return Ok(());
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let text = match printable(origin).as_str() {
        "" | "null" => {
            String::from("pages without an origin of their own (sandboxed, local files) cannot call")
        }
        origin => format!("the Origin `{origin}` is not allowed: add it to CORS_ALLOW_ORIGINS"),
    };
    Err(Refusal::new(Code::OriginNotAllowed, text))
}

/// The `Origin`, if a page of it may call: one that is listed, or our own, as `/docs` has it.
pub(super) fn allowed_origin<'a>(state: &AppState, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    let own_name =
        state.listen.public_url.as_ref().is_some_and(|url| url.origin().ascii_serialization() == text);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let same_host = || {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let scheme = scheme.filter(|scheme| matches!(*scheme, "https" | "http"));
        // Without the port that a scheme has by itself, which some proxies write out.
        let asked =
            scheme.zip(host).and_then(|(scheme, host)| Url::parse(&format!("{scheme}://{host}")).ok());
        asked.is_some_and(|url| url.origin().ascii_serialization().eq_ignore_ascii_case(text))
            && check_host(state, host).is_ok()
    };
    (own_name || state.cors.origins.allows(text) || same_host()).then_some(origin)
}

/// The answer to a preflight, if this is one.
pub(super) fn preflight(state: &AppState, method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asks = *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || !state.cors.enabled {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Some(response)
}

/// Tells a browser that a page of an allowed origin may read the answer.
pub(super) fn tell(state: &AppState, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
    let Some(origin) = origin.filter(|_| state.cors.enabled) else { return };
    let allowed = match state.cors.origins {
        OriginRule::Any => HeaderValue::from_static("*"),
        OriginRule::Listed(_) => {
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
            origin
        }
    };
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    answer.insert(HeaderName::from_static("access-control-expose-headers"), EXPOSED_HEADERS);
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_graphic() && *c != '`').take(100).collect()
}
