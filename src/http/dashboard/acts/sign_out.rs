//! `POST /dashboard/sign-out`: ends the session, in this browser and in every process.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use serde::Deserialize;

use crate::http::{
    dashboard::{PageFrame, door::see_other},
    error::Refusal,
    session::{ActForm, Leaver, clear_cookie},
    state::AppState,
};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The form: it has nothing but the token.
#[derive(Deserialize)]
pub struct SignOutForm {}

/// `POST /dashboard/sign-out`.
pub async fn post(
    State(state): State<AppState>,
    Leaver(visitor): Leaver,
    frame: PageFrame,
    ActForm(SignOutForm {}): ActForm<SignOutForm>,
) -> Result<Response, Refusal> {
    state.browser_sessions.sign_out(visitor.open(), visitor.actor().request_id).await?;
    tracing::info!(actor = visitor.actor().name, "somebody signed out of the dashboard");
    let mut response = see_other(&frame.path("/sign-in?out"));
    let answer = response.headers_mut();
    answer.insert(header::SET_COOKIE, clear_cookie(frame.reach(), state.listen.prefix()));
    answer.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    Ok(response)
}
