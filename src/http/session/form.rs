//! Forms. What is sent counts only from a page of ours that was made for the same session: its `Origin` is ours, the browser says
//! nothing else of it, it is urlencoded, and it sends back the token of the page it is on.

use axum::{
    body::Body,
    extract::{Form, FromRequest, Request},
    http::{HeaderMap, header},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{BrowserReach, CurrentSession};
use crate::{
    http::{error::Refusal, extract::body, state::AppState},
    model::Code,
};

/// Of a form of somebody who is not signed in.
const MOST_BYTES_OF_ANYBODY: usize = 64 * 1024;
/// Of any other. The fields of the largest, for a new task, take up to 31,000 characters; each is sent as 12 bytes at most.
const MOST_BYTES: usize = 512 * 1024;
const URLENCODED: &str = "application/x-www-form-urlencoded";

/// The fields of a form of somebody who is signed in. A handler takes it last, after who is let in.
pub struct ActForm<T>(pub T);

/// The fields of a form that needs no session: sign-in.
pub struct OpenForm<T>(pub T);

#[derive(Deserialize)]
struct TokenField {
    #[serde(default)]
    token: String,
}

impl<T: DeserializeOwned> FromRequest<AppState> for ActForm<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let current = request.extensions().get::<CurrentSession>().and_then(|current| current.0.clone());
        let open = current.ok_or_else(|| Refusal::without_credential("sign in to do this"))?;
        let body = checked(request, state, MOST_BYTES).await?;
        let TokenField { token } = fields(&body).await?;
        if !state.browser_sessions.is_form_token(&open.session, &token) {
            let text = "this form is not of this session: open the page again, and send it from there";
            return Err(Refusal::new(Code::Forbidden, text));
        }
        fields(&body).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for OpenForm<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let body = checked(request, state, MOST_BYTES_OF_ANYBODY).await?;
        fields(&body).await.map(Self)
    }
}

/// The body of a form that is from a page of ours.
async fn checked(request: Request<Body>, state: &AppState, most: usize) -> Result<bytes::Bytes, Refusal> {
    let (parts, body) = request.into_parts();
    let reach = BrowserReach::of(&state.listen, &parts.headers);
    if reach == BrowserReach::InClear {
        return Err(Refusal::new(
            Code::Forbidden,
            "over plain HTTP nobody is signed in from another machine",
        ));
    }
    reach.check_form(&state.listen, &parts.headers)?;
    if !is_urlencoded(&parts.headers) {
        return Err(Refusal::new(Code::BadRequest, format!("a form is sent as {URLENCODED}")));
    }
    body::read_at_most(most, body).await.map_err(|refusal| match refusal.code() {
        Code::PayloadTooLarge => refusal.told(format!(
            "this form is larger than {} KiB, which is more than its fields may hold: go back, and shorten the longest",
            most / 1024
        )),
        _ => refusal,
    })
}

fn is_urlencoded(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).filter(|_| kinds.next().is_none());
    let bare = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
    bare.is_some_and(|kind| kind.eq_ignore_ascii_case(URLENCODED))
}

async fn fields<T: DeserializeOwned>(body: &bytes::Bytes) -> Result<T, Refusal> {
    let request = Request::post("/").header(header::CONTENT_TYPE, URLENCODED);
    let request = request.body(Body::from(body.clone())).map_err(|_| unreadable())?;
    let read = Form::<T>::from_request(request, &()).await;
    read.map(|Form(fields)| fields).map_err(|_| unreadable())
}

/// What was sent is not repeated: it may be a secret.
fn unreadable() -> Refusal {
    Refusal::new(
        Code::BadRequest,
        "this form lacks a field, or one is not as it has to be: open the page again",
    )
}
