//! `/dashboard/sign-in`: where everybody begins.

use askama::Template;
use axum::response::Response;

use crate::http::{
    dashboard::{PageFrame, filters, shell::Shell},
    error::Refusal,
};

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/http/dashboard/askama.toml")]
struct SignInPage {
    shell: Shell,
}

/// `GET /dashboard/sign-in`.
pub async fn show(frame: PageFrame) -> Result<Response, Refusal> {
    frame.answer(&SignInPage { shell: frame.shell("Sign in", None) })
}
