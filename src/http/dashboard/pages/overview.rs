//! `/dashboard`: what every agent does now, and what needs a person.

use askama::Template;
use axum::response::Response;

use crate::http::{
    dashboard::{PageFrame, filters, nav::OVERVIEW, shell::Shell},
    error::Refusal,
    session::Viewer,
};

#[derive(Template)]
#[template(path = "overview.html", config = "src/http/dashboard/askama.toml")]
struct OverviewPage {
    shell: Shell,
}

/// `GET /dashboard`.
pub async fn show(_: Viewer, frame: PageFrame) -> Result<Response, Refusal> {
    frame.answer(&OverviewPage { shell: frame.shell("Overview", Some(OVERVIEW)) })
}
