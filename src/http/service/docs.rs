//! `/docs`: Swagger UI, all of it from the binary: it works without a network.

use std::{
    borrow::Cow,
    io::Write,
    sync::{Arc, LazyLock},
};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use dashmap::DashMap;
use flate2::{Compression, write::GzEncoder};
use tokio::sync::OnceCell;
use utoipa_swagger_ui::Config;

use crate::{
    config::ListenSettings,
    http::{
        error::{ErrorResponses, Refusal},
        page_headers::page_headers,
    },
    model::Code,
};

/// Swagger UI styles its page in place.
const STYLES: &str = "'self' 'unsafe-inline'";

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
    let Some(file) = found.map_err(|_| Refusal::new(Code::Internal, "this page cannot be made"))? else {
        return Err(Refusal::new(Code::NotFound, "the documentation has no such file"));
    };
    let headers = ([(header::CONTENT_TYPE, file.content_type)], page_headers(STYLES));
    let vary = [(header::VARY, "accept-encoding")];
    match file.bytes {
        Cow::Borrowed(bytes) if takes_gzip(asked) => {
            let packed = compressed(name, bytes).await;
            Ok((vary, headers.0, headers.1, [(header::CONTENT_ENCODING, "gzip")], packed).into_response())
        }
        Cow::Borrowed(bytes) => Ok((vary, headers.0, headers.1, Bytes::from_static(bytes)).into_response()),
        // Only the file that names the document is made, and it is small.
        Cow::Owned(bytes) => Ok((headers.0, headers.1, bytes).into_response()),
    }
}

/// The file of that name under gzip, compressed when it is first asked for and kept: there is a dozen of them.
async fn compressed(name: &str, bytes: &'static [u8]) -> Bytes {
    static KEPT: LazyLock<DashMap<String, Arc<OnceCell<Bytes>>>> = LazyLock::new(DashMap::default);
    let file = Arc::clone(&KEPT.entry(name.to_owned()).or_default());
    let compress = || async {
        let packed = tokio::task::spawn_blocking(move || gzip(bytes)).await;
        packed.expect("compressing what is in memory does not panic")
    };
    file.get_or_init(compress).await.clone()
}

fn gzip(bytes: &[u8]) -> Bytes {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packer.write_all(bytes).and_then(|()| packer.finish());
    packed.expect("writing into memory does not fail").into()
}

/// Whether the client takes gzip: it names it, or everything, with a weight above zero (RFC 9110, 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> = values.flat_map(|value| value.split(',')).collect();
    let weight = |wanted: &str| {
        codings.iter().find_map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight.trim().strip_prefix(['q', 'Q']).and_then(|weight| weight.strip_prefix('='));
            let weight = weight.and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case(wanted).then_some(weight.unwrap_or(1.0))
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it_alone() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        for value in ["gzip", "br, GZIP;q=0.5", "*", "deflate, *;q=0.1"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; Q=0.0", "*, gzip;q=0", "x-gzip2"] {
            assert!(!takes(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
