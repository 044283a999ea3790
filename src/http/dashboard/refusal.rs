//! Refusals as pages. Everything under `/dashboard` refuses as the rest of the gateway does; here that becomes a page, with the
//! same status and sentence.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::Response,
};

use super::{filters, page::PageFrame, shell::Shell};
use crate::{http::error::Refused, model::Code};

#[derive(Template)]
#[template(path = "refusal.html", config = "src/http/dashboard/askama.toml")]
struct RefusalPage {
    shell: Shell,
    message: String,
    retry_after_seconds: Option<u64>,
}

/// Whether what answers at that path of the route table are pages.
pub fn is_page(own_path: &str) -> bool {
    own_path.strip_prefix("/dashboard").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The answer as a page, if it is a refusal.
pub fn refusal_as_page(frame: &PageFrame, mut response: Response) -> Response {
    let Some(refused) = response.extensions_mut().remove::<Refused>() else { return response };
    let shell = frame.shell(headline(refused.code, response.status()), None);
    let Refused { message, retry_after_seconds, .. } = refused;
    let Ok(mut page) =
        frame.answer_as(response.status(), &RefusalPage { shell, message, retry_after_seconds })
    else {
        return response;
    };
    // What a page adds to a refusal takes nothing away from it.
    for name in [header::RETRY_AFTER, header::ALLOW, header::CONNECTION] {
        if let Some(value) = response.headers_mut().remove(&name) {
            page.headers_mut().insert(name, value);
        }
    }
    page
}

/// What the page of a refusal is called.
fn headline(code: Code, status: StatusCode) -> &'static str {
    match (code, status) {
        (Code::NotFound, _) => "Nothing is here",
        (Code::TaskNotFound, _) => "There is no such task",
        (Code::AgentNotFound, _) => "There is no such agent",
        (_, StatusCode::UNAUTHORIZED) => "Sign in first",
        (_, StatusCode::FORBIDDEN) => "This is not for you",
        (_, StatusCode::METHOD_NOT_ALLOWED) => "This cannot be done here",
        (_, StatusCode::CONFLICT) => "It has changed meanwhile",
        (_, StatusCode::MISDIRECTED_REQUEST) => "This is not the gateway's name",
        (_, StatusCode::PAYLOAD_TOO_LARGE) => "This is too large",
        (_, StatusCode::TOO_MANY_REQUESTS) => "Too much at once",
        (_, StatusCode::BAD_GATEWAY) => "The board does not answer",
        (_, StatusCode::SERVICE_UNAVAILABLE) => "Not available just now",
        (_, status) if status.is_server_error() => "Something broke here",
        _ => "This was not understood",
    }
}
