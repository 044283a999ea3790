//! What every page and act passes: who is signed in is found out before, refusals become pages and the cookie says that somebody did
//! something after.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    headers::protect,
    page::PageFrame,
    pages::sign_in,
    refusal::{is_page, refusal_as_page},
};
use crate::{
    auth::OpenSession,
    http::{
        error::{Refusal, Refused},
        session::{BrowserReach, CurrentSession, SignedIn, sealed_cookies, set_cookie},
        state::AppState,
    },
    model::Code,
};

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// What the script says of itself where a browser says nothing.
const REFETCH: HeaderName = HeaderName::from_static("x-refetch");

/// Answers a request to a page or an act.
pub async fn within(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let reach = BrowserReach::of(&state.listen, request.headers());
    let now = state.clock.now();
    let open = match current(&state, &reach, request.headers()).await {
        Ok(open) => open.map(Arc::new),
        Err(refusal) => {
            let frame = PageFrame::for_anybody(&state.listen, request.headers(), now);
            return refusal_as_page(&frame, refusal.into_response());
        }
    };
    let frame = PageFrame::for_session(&state, request.headers(), open.as_deref());
    let acts = is_act(request.method(), request.headers());
    let back = way_back(request.method(), request.uri());
    request.extensions_mut().insert(CurrentSession(open.clone()));
    let mut response = next.run(request).await;
    let refused = response.extensions().get::<Refused>().map(|refused| refused.code);
    match refused {
        Some(Code::Unauthenticated) => return sign_in::instead(&frame, back.as_deref()),
        Some(_) => response = refusal_as_page(&frame, response),
        None => protect(response.headers_mut()),
    }
    if let Some(open) = open.filter(|_| acts && !response.headers().contains_key(header::SET_COOKIE)) {
        note_act(&state, &reach, &open, response.headers_mut());
    }
    response
}

/// The refusal of an address that has no page. To who is signed in it is a page like the others, and counts.
pub async fn no_such_page(visitor: Result<SignedIn, Refusal>) -> Response {
    match visitor.map_err(IntoResponse::into_response) {
        Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => refusal,
        _ => Refusal::not_found().into_response(),
    }
}

/// The session that is open in that browser.
async fn current(
    state: &AppState,
    reach: &BrowserReach,
    headers: &HeaderMap,
) -> Result<Option<OpenSession>, Refusal> {
    for sealed in sealed_cookies(reach, state.listen.prefix(), headers) {
        if let Some(open) = state.browser_sessions.open(sealed).await? {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

/// Whether somebody did something: went to a page, or sent a form. What a page fetches by itself is none.
fn is_act(method: &Method, headers: &HeaderMap) -> bool {
    let streams = headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream");
    let says_so = headers.contains_key(REFETCH) || streams;
    let navigates = headers.get(FETCH_MODE).map_or(!says_so, |mode| mode == "navigate");
    *method == Method::POST || (*method == Method::GET && navigates)
}

/// Writes into the cookie that somebody did something.
fn note_act(state: &AppState, reach: &BrowserReach, open: &OpenSession, headers: &mut HeaderMap) {
    let (mut session, now) = (open.session.clone(), state.clock.store_now());
    if session.act(now) {
        let left = session.ends_at(open.visitor.role).since(now) / 1000;
        let cookie = set_cookie(reach, state.listen.prefix(), &state.browser_sessions.seal(&session), left);
        headers.insert(header::SET_COOKIE, cookie);
    }
}

/// The page that somebody asked for, to be shown once they are signed in.
fn way_back(method: &Method, uri: &Uri) -> Option<String> {
    let asked = uri.path_and_query().filter(|_| *method == Method::GET)?;
    Some(asked.as_str().to_owned())
}

/// Which paths are those of pages; the table of routes knows.
#[derive(Clone, Copy)]
pub struct PageTable(pub fn(&str) -> bool);

impl PageTable {
    /// What somebody wanted to go to, if it is a page of ours: a path of the table, with or without a query.
    pub fn way(self, wanted: &str) -> Option<&str> {
        let (path, _) = wanted.split_once('?').unwrap_or((wanted, ""));
        let is_plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
        let is_ours = is_plain && is_page(path) && !path.contains("//") && (self.0)(path);
        is_ours.then_some(wanted)
    }
}

/// The answer that sends a browser on to a path of ours.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    protect(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_anywhere_but_to_a_page_of_ours() {
        let table = PageTable(|path| matches!(path, "/dashboard" | "/dashboard/board"));
        for way in ["/dashboard", "/dashboard/board?q=a%2Fb&label=x"] {
            assert_eq!(table.way(way), Some(way));
        }
        for elsewhere in [
            "",
            "/",
            "/mcp",
            "//evil.example/dashboard",
            "https://evil.example/dashboard",
            "/dashboard//evil.example",
            "/dashboard/nothing",
            "/dashboard/board#x",
            "/dashboard\\@evil.example",
            "/dashboard/board?q=a\r\nSet-Cookie: x",
            "/dashboardx",
            "javascript:alert(1)",
        ] {
            assert_eq!(table.way(elsewhere), None, "{elsewhere}");
        }
    }
}
