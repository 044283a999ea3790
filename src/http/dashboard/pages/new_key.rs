//! The form that makes a key, once more: with what was typed, and what cannot be taken of it.

use askama::Template;
use axum::response::Response;

use crate::http::{
    dashboard::{
        PageFrame, filters,
        key_view::KeyFields,
        nav::KEYS,
        refusal::{FormProblem, as_form},
        shell::Shell,
        words::StateMark,
    },
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
    refusal: Refusal,
) -> Result<Response, Refusal> {
    as_form(refusal, |problem| {
        let text = format!("No key was made. {}", told(&problem));
        let shell = frame.shell("Make a key", Some(KEYS)).with_notice(StateMark::Ending, text);
        frame.answer_as(problem.status, &NewKeyPage { shell, fields, once })
    })
}

/// What is wrong about a form of a key, with the field as people see it called.
pub(in crate::http::dashboard) fn told(problem: &FormProblem) -> String {
    let FormProblem { field, text, .. } = problem;
    let called = match field.as_str() {
        "user_id" => "Whose key it is",
        "description" => "What it is for",
        "scopes" => "It may",
        "ends" => "It ends",
        "rate_limit" => "Calls a minute",
        _ => "The form",
    };
    format!("{called}: {text}.")
}
