//! `/docs`: Swagger UI, all of it from the binary: it works without a network.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use dashmap::DashMap;
use tokio::sync::OnceCell;
use utoipa_swagger_ui::Config;

use crate::{
    config::ListenSettings,
    http::{
        error::{ErrorResponses, Refusal},
        gzip::{gunzip, takes_gzip},
        page_headers::page_headers,
    },
    model::Code,
};

/// Swagger UI styles its page in place.
const STYLES: &str = "'self' 'unsafe-inline'";

const UNREADABLE: &str = "this page cannot be made";

/// This document as a page.
#[utoipa::path(get, path = "/docs", tag = "service",
    responses((status = 200, content_type = "text/html"), (status = 308, description = "to the page"), ErrorResponses))]
pub async fn open(State(listen): State<Arc<ListenSettings>>) -> Redirect {
    Redirect::permanent(&format!("{}/docs/", listen.prefix()))
}

/// `GET /docs/`.
pub async fn index(
    State(listen): State<Arc<ListenSettings>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    file(&listen, "index.html", &headers).await
}

/// What the page loads.
#[utoipa::path(get, path = "/docs/{*file}", tag = "service", params(("file" = String, Path, description = "a file of the page")),
    responses((status = 200, content_type = "*/*"), ErrorResponses))]
pub async fn asset(
    State(listen): State<Arc<ListenSettings>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    file(&listen, &name, &headers).await
}

/// A file that is compiled in; never one of the machine.
async fn file(listen: &ListenSettings, name: &str, asked: &HeaderMap) -> Result<Response, Refusal> {
    let document = format!("{}/openapi.json", listen.prefix());
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from(document)));
    let Some(file) = found.map_err(|_| Refusal::new(Code::Internal, UNREADABLE))? else {
        return Err(Refusal::new(Code::NotFound, "the documentation has no such file"));
    };
    let headers = ([(header::CONTENT_TYPE, file.content_type)], page_headers(STYLES));
    let vary = [(header::VARY, "accept-encoding")];
    match file.bytes {
        Cow::Borrowed(packed) if file.gzpipped && takes_gzip(asked) => {
            let encoding = [(header::CONTENT_ENCODING, "gzip")];
            Ok((vary, headers.0, headers.1, encoding, Bytes::from_static(packed)).into_response())
        }
        Cow::Borrowed(packed) if file.gzpipped => {
            let plain = unpacked(name, packed).await?;
            Ok((vary, headers.0, headers.1, plain).into_response())
        }
        // Only the file that names the document is not packed, and it is small.
        bytes => Ok((headers.0, headers.1, bytes.into_owned()).into_response()),
    }
}

/// The file of that name as it is, unpacked when it is first asked for so and kept: there is a dozen of them.
async fn unpacked(name: &str, packed: &'static [u8]) -> Result<Bytes, Refusal> {
    static KEPT: LazyLock<DashMap<String, Arc<OnceCell<Bytes>>>> = LazyLock::new(DashMap::default);
    let file = Arc::clone(&KEPT.entry(name.to_owned()).or_default());
    let unpack = || async {
        let plain = tokio::task::spawn_blocking(move || gunzip(packed)).await;
        plain.ok().and_then(Result::ok).ok_or_else(|| Refusal::new(Code::Internal, UNREADABLE))
    };
    file.get_or_try_init(unpack).await.cloned()
}
