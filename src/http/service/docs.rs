//! `/docs`: Swagger UI, all of it from the binary: it works without a network.

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use crate::{
    config::ListenSettings,
    http::error::{ErrorResponses, Refusal},
    model::Code,
};

/// Nothing is loaded from elsewhere. Swagger UI styles its page in place.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// This document as a page.
#[utoipa::path(get, path = "/docs", tag = "service",
    responses((status = 200, content_type = "text/html"), (status = 308, description = "to the page"), ErrorResponses))]
pub async fn open(State(listen): State<Arc<ListenSettings>>) -> Redirect {
    Redirect::permanent(&format!("{}/docs/", listen.prefix()))
}

/// `GET /docs/`.
pub async fn index(State(listen): State<Arc<ListenSettings>>) -> Result<Response, Refusal> {
    file(&listen, "index.html")
}

/// What the page loads.
#[utoipa::path(get, path = "/docs/{*file}", tag = "service", params(("file" = String, Path, description = "a file of the page")),
    responses((status = 200, content_type = "*/*"), ErrorResponses))]
pub async fn asset(
    State(listen): State<Arc<ListenSettings>>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    file(&listen, &name)
}

/// A file that is compiled in; never one of the machine.
fn file(listen: &ListenSettings, name: &str) -> Result<Response, Refusal> {
    let document = format!("{}/openapi.json", listen.prefix());
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from(document)));
    let Some(file) = found.map_err(|_| Refusal::new(Code::Internal, "this page cannot be made"))? else {
        return Err(Refusal::new(Code::NotFound, "the documentation has no such file"));
    };
    let headers = [
        (header::CONTENT_TYPE, file.content_type.as_str()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    // Only the file that names the document is made; a copy of the others would cost 1.5 MB for each caller.
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok((headers, bytes).into_response())
}
