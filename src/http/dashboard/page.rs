//! What every page is made with: a fresh nonce, where its links begin, who looks; and the headers that say what a
//! browser may do with it, the same for each of them.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;

use super::{
    assets::asset_names,
    headers::{policy, protect},
    moments::When,
    nav::{NavPlace, links},
    shell::{Shell, ShellVisitor},
};
use crate::{
    auth::OpenSession,
    config::ListenSettings,
    http::{
        error::Refusal,
        gzip::{gzip_quickly, takes_gzip},
        session::{BrowserReach, CurrentSession},
        state::AppState,
    },
    model::{Code, UnixMillis},
};

/// Pages that are smaller are not worth packing.
const PACKED_FROM: usize = 1_000;
const NONCE_BYTES: usize = 16;

/// What a page is made with.
pub struct PageFrame {
    nonce: String,
    base: String,
    reach: BrowserReach,
    takes_gzip: bool,
    visitor: Option<ShellVisitor>,
    form_token: String,
    now: UnixMillis,
    /// Whether it can be fetched again: it is no answer to a form.
    is_fetched: bool,
    lease_millis: i64,
}

impl PageFrame {
    /// The frame of a page for nobody in particular.
    pub fn for_anybody(listen: &ListenSettings, asked: &HeaderMap, now: UnixMillis) -> Self {
        let mut bytes = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut bytes).expect("the operating system has randomness");
        Self {
            nonce: URL_SAFE_NO_PAD.encode(bytes),
            base: format!("{}/dashboard", listen.prefix()),
            reach: BrowserReach::of(listen, asked),
            takes_gzip: takes_gzip(asked),
            visitor: None,
            form_token: String::new(),
            now,
            is_fetched: false,
            lease_millis: 0,
        }
    }

    /// The frame of a page for who is in that session.
    pub fn for_session(state: &AppState, asked: &HeaderMap, open: Option<&OpenSession>) -> Self {
        let anybody = Self::for_anybody(&state.listen, asked, state.clock.now());
        let Some(OpenSession { session, visitor }) = open else { return anybody };
        let visitor = ShellVisitor {
            name: visitor.name.clone(),
            workspace: visitor.workspace.as_str().to_owned(),
            role: visitor.role,
        };
        let form_token = state.browser_sessions.form_token(session);
        let lease_millis = state.coordinator.lease_millis();
        Self { visitor: Some(visitor), form_token, lease_millis, ..anybody }
    }

    /// How the browser that looks reaches the gateway.
    pub const fn reach(&self) -> &BrowserReach {
        &self.reach
    }

    /// How long a lease is that was renewed just now, for who is signed in.
    pub const fn lease_millis(&self) -> i64 {
        self.lease_millis
    }

    /// What stands around a page. `here`: its place in the navigation, if it has one.
    pub fn shell(&self, title: impl Into<String>, here: Option<NavPlace>) -> Shell {
        let role = self.visitor.as_ref().map(|visitor| visitor.role);
        Shell {
            title: title.into(),
            base: self.base.clone(),
            nonce: self.nonce.clone(),
            assets: asset_names(),
            links: role.map_or_else(Vec::new, |role| links(role, here)),
            visitor: self.visitor.clone(),
            form_token: self.form_token.clone(),
            notices: Vec::new(),
            sought: String::new(),
            now: self.when(self.now),
            bell: here.filter(|_| self.is_fetched).map_or("", NavPlace::bell),
        }
    }

    /// What stands around a page before sign-in, whoever is signed in already.
    pub fn door(&self, title: &str) -> Shell {
        Shell { visitor: None, links: Vec::new(), ..self.shell(title, None) }
    }

    /// That moment as this page shows it.
    pub const fn when(&self, at: UnixMillis) -> When {
        When::new(at, self.now)
    }

    /// The path of a page of the dashboard; `rest` is what stands after `/dashboard`.
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.base)
    }

    /// The answer that shows a page.
    pub fn answer(&self, page: &impl Template) -> Result<Response, Refusal> {
        self.answer_as(StatusCode::OK, page)
    }

    /// The same under another status.
    pub fn answer_as(&self, status: StatusCode, page: &impl Template) -> Result<Response, Refusal> {
        let text = page.render().map_err(|_| Refusal::new(Code::Internal, "this page cannot be made"))?;
        Ok(self.answer_text(status, text))
    }

    fn answer_text(&self, status: StatusCode, text: String) -> Response {
        let is_packed = self.takes_gzip && text.len() >= PACKED_FROM;
        let body = if is_packed { gzip_quickly(text.as_bytes()) } else { Bytes::from(text) };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if is_packed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, policy(&self.nonce));
        protect(headers);
        response
    }
}

impl FromRequestParts<AppState> for PageFrame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let current = parts.extensions.get::<CurrentSession>().and_then(|current| current.0.as_deref());
        let frame = Self::for_session(state, &parts.headers, current);
        Ok(Self { is_fetched: parts.method == Method::GET, ..frame })
    }
}
