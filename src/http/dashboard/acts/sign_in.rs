//! `POST /dashboard/sign-in`: begins a session for who shows a key, the admin token or a one-time code.

use std::sync::Arc;

use axum::{Extension, extract::State, http::header, response::Response};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    auth::{Role, SignInAttempt, SignInError},
    http::{
        dashboard::{
            PageFrame,
            door::{PageTable, see_other},
            pages::sign_in::{SignInProblem, again},
        },
        error::Refusal,
        session::{OpenForm, set_cookie},
        state::{AppState, RequestInfo},
    },
    telemetry::metrics::{AUTH_FAILURES, AuthFailure, LIMIT_HITS, Limit},
};

/// The form.
#[derive(Deserialize)]
pub struct SignInForm {
    credential: SecretString,
    #[serde(default)]
    next: String,
}

/// `POST /dashboard/sign-in`.
pub async fn post(
    State(state): State<AppState>,
    Extension(request): Extension<Arc<RequestInfo>>,
    Extension(pages): Extension<PageTable>,
    frame: PageFrame,
    OpenForm(form): OpenForm<SignInForm>,
) -> Result<Response, Refusal> {
    let next = pages.way(&form.next);
    let attempt = SignInAttempt { address: request.client_address, request_id: request.id.as_str() };
    let open = match state.browser_sessions.sign_in(&form.credential, attempt).await {
        Ok(open) => open,
        Err(SignInError::Nothing) => return again(&frame, next, SignInProblem::Nothing),
        Err(SignInError::Wrong) => {
            AUTH_FAILURES.add(AuthFailure::WrongKey);
            tracing::warn!(address = %request.client_address, "somebody was not signed in: a wrong credential");
            return again(&frame, next, SignInProblem::Wrong);
        }
        Err(SignInError::TooMany(exceeded)) => {
            AUTH_FAILURES.add(AuthFailure::TooManyFailures);
            LIMIT_HITS.add(Limit::FailedAuthentication);
            return again(&frame, next, SignInProblem::TooMany(exceeded.retry_after_seconds));
        }
        Err(SignInError::Store(error)) => return Err(error.into()),
    };
    let prefix = state.listen.prefix();
    let left = open.session.ends_at(open.visitor.role).since(open.session.made) / 1000;
    let cookie = set_cookie(frame.reach(), prefix, &state.browser_sessions.seal(&open.session), left);
    tracing::info!(actor = &*open.visitor.actor, "somebody signed in to the dashboard");
    // Who may not see the board sees their key.
    let first = if open.visitor.role == Role::Guest { "/dashboard/me" } else { "/dashboard" };
    let next = next.filter(|next| *next != "/dashboard").unwrap_or(first);
    let mut response = see_other(&format!("{prefix}{next}"));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
