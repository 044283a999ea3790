//! Refusals as pages. Everything under `/dashboard` refuses as the rest of the gateway does; here that becomes a page, with the
//! same status and, in words for people, the same sentence; or the form again that was refused, as it was sent.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{filters, page::PageFrame, shell::Shell};
use crate::{
    http::error::{Refusal, Refused},
    model::Code,
};

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
    let (message, retry_after_seconds) = (sentence(&refused), refused.retry_after_seconds);
    let Ok(page) = frame.answer_as(response.status(), &RefusalPage { shell, message, retry_after_seconds })
    else {
        return response;
    };
    with_headers_of(response, page)
}

/// What is wrong about a form.
pub struct FormProblem {
    /// The status of its page.
    pub status: StatusCode,
    /// The field it is about, if it is about one.
    pub field: String,
    /// What is wrong, without a full stop.
    pub text: String,
}

/// The answer to a form that was refused: the page of that form. It counts, and is logged, as any other refusal.
pub fn as_form(
    refusal: Refusal,
    page: impl FnOnce(FormProblem) -> Result<Response, Refusal>,
) -> Result<Response, Refusal> {
    let mut response = refusal.into_response();
    let Some(refused) = response.extensions_mut().remove::<Refused>() else { return Ok(response) };
    let field = refused.field.clone().unwrap_or_default();
    let text = sentence(&refused);
    let text = text.strip_prefix(&format!("{field}: ")).map_or_else(|| text.clone(), str::to_owned);
    let page = page(FormProblem { status: response.status(), field, text })?;
    Ok(with_headers_of(response, page))
}

/// What a page adds to a refusal takes nothing away from it.
fn with_headers_of(mut response: Response, mut page: Response) -> Response {
    for name in [header::RETRY_AFTER, header::ALLOW, header::CONNECTION] {
        if let Some(value) = response.headers_mut().remove(&name) {
            page.headers_mut().insert(name, value);
        }
    }
    page
}

/// What a refusal says, for people: what is marked as code elsewhere is in quotation marks.
fn sentence(refused: &Refused) -> String {
    let text = refused.told.as_ref().unwrap_or(&refused.message);
    let mut opens = false;
    let quoted = text.chars().map(|character| match character {
        '`' => {
            opens = !opens;
            if opens { '“' } else { '”' }
        }
        other => other,
    });
    quoted.collect()
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
