//! The form that makes a key, once more: with what was typed, and what cannot be taken of it.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::http::{
    dashboard::{PageFrame, filters, key_view::KeyFields, nav::KEYS, shell::Shell, words::StateMark},
    error::Refusal,
};

#[derive(Template)]
#[template(path = "new_key.html", config = "src/http/dashboard/askama.toml")]
struct NewKeyPage {
    shell: Shell,
    fields: KeyFields,
    once: String,
}

/// The form as it was sent, with what is wrong about it.
pub(in crate::http::dashboard) fn again(
    frame: &PageFrame,
    (fields, once): (KeyFields, String),
    problem: &str,
) -> Result<Response, Refusal> {
    let text = format!("{problem}. No key was made.");
    let shell = frame.shell("Make a key", Some(KEYS)).with_notice(StateMark::Ending, text);
    frame.answer_as(StatusCode::UNPROCESSABLE_ENTITY, &NewKeyPage { shell, fields, once })
}
