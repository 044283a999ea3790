//! `/dashboard/sign-in`: where everybody begins. The same page stands in the place of any other while nobody is signed in.

use askama::Template;
use axum::{
    Extension,
    extract::RawQuery,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::http::{
    dashboard::{PageFrame, filters, shell::Shell, words::StateMark},
    error::Refusal,
    session::{BrowserReach, CurrentSession},
};

/// Why somebody is asked once more.
#[derive(Clone, Copy, Debug)]
pub enum SignInProblem {
    /// The field was empty.
    Nothing,
    /// What was in it opens nothing.
    Wrong,
    /// Too much that opens nothing came from there: to be tried again in so many seconds.
    TooMany(u64),
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/http/dashboard/askama.toml")]
struct SignInPage<'a> {
    shell: Shell,
    /// Where to go then.
    next: Option<&'a str>,
    problem: Option<String>,
    /// Who is signed in in this browser already.
    signed_in_as: Option<String>,
}

#[derive(Template)]
#[template(path = "in_clear.html", config = "src/http/dashboard/askama.toml")]
struct InClearPage {
    shell: Shell,
}

/// `GET /dashboard/sign-in`.
pub async fn show(
    Extension(CurrentSession(open)): Extension<CurrentSession>,
    frame: PageFrame,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let shell = frame.door("Sign in");
    if *frame.reach() == BrowserReach::InClear {
        return frame.answer(&InClearPage { shell });
    }
    // Whoever is signed in is told nothing else by a link.
    let is_out = open.is_none() && query.as_deref() == Some("out");
    let shell = if is_out { shell.with_notice(StateMark::Done, "You are signed out.") } else { shell };
    let signed_in_as = open.map(|open| open.visitor.name.clone());
    frame.answer(&SignInPage { shell, next: None, problem: None, signed_in_as })
}

/// The page in the place of one that is for who is signed in.
pub fn instead(frame: &PageFrame, next: Option<&str>) -> Response {
    let shell = frame.door("Sign in");
    let page = if *frame.reach() == BrowserReach::InClear {
        frame.answer_as(StatusCode::UNAUTHORIZED, &InClearPage { shell })
    } else {
        frame.answer_as(
            StatusCode::UNAUTHORIZED,
            &SignInPage { shell, next, problem: None, signed_in_as: None },
        )
    };
    page.unwrap_or_else(IntoResponse::into_response)
}

/// The page once more, after a try. What was tried is not repeated.
pub fn again(frame: &PageFrame, next: Option<&str>, problem: SignInProblem) -> Result<Response, Refusal> {
    let (status, text) = match problem {
        SignInProblem::Nothing => {
            (StatusCode::UNAUTHORIZED, String::from("Type a key, the admin token or a code."))
        }
        SignInProblem::Wrong => (
            StatusCode::UNAUTHORIZED,
            String::from("This opens nothing here: it may be mistyped, revoked, expired or used already."),
        ),
        SignInProblem::TooMany(seconds) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("Too many wrong tries came from this address: try again in {seconds} s."),
        ),
    };
    let shell = frame.door("Sign in");
    let mut response =
        frame.answer_as(status, &SignInPage { shell, next, problem: Some(text), signed_in_as: None })?;
    if let SignInProblem::TooMany(seconds) = problem {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}
