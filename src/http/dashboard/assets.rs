//! What pages load: the sheet, the script and the icon, compiled in. The name of each holds a digest of its content, so it is kept
//! for ever; a name of another version is not found.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::headers::RESOURCE_POLICY;
use crate::{
    http::{
        error::Refusal,
        gzip::{gzip, takes_gzip},
    },
    model::{Code, hex},
    secrets::sha256,
};

/// Where they stand.
pub const FOLDER: &str = "/dashboard/assets/";
/// Bytes of the digest that stand in a name.
const DIGEST_BYTES: usize = 5;
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// An icon that is opened by itself is a page too.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The names that pages ask for them by.
#[derive(Clone, Copy, Debug)]
pub struct AssetNames {
    /// The sheet.
    pub style: &'static str,
    /// The script.
    pub script: &'static str,
    /// The icon.
    pub icon: &'static str,
}

/// The names of this version.
pub fn asset_names() -> AssetNames {
    AssetNames { style: &ASSETS[0].name, script: &ASSETS[1].name, icon: &ASSETS[2].name }
}

/// A file that pages load.
struct Asset {
    name: String,
    content_type: HeaderValue,
    tag: HeaderValue,
    bytes: &'static [u8],
    packed: Bytes,
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("style", "css", "text/css; charset=utf-8", include_bytes!("static/style.css")),
        Asset::new("app", "js", "text/javascript; charset=utf-8", include_bytes!("static/app.js")),
        Asset::new("icon", "svg", "image/svg+xml", include_bytes!("static/icon.svg")),
    ]
});

impl Asset {
    fn new(stem: &str, ending: &str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = hex(&sha256(bytes)[..DIGEST_BYTES]);
        Self {
            name: format!("{stem}-{digest}.{ending}"),
            content_type: HeaderValue::from_static(content_type),
            tag: HeaderValue::try_from(format!("\"{digest}\"")).expect("digits and quotes are visible ASCII"),
            bytes,
            packed: gzip(bytes),
        }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, KEPT),
            (header::ETAG, self.tag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
        ];
        if asked.get(header::IF_NONE_MATCH) == Some(&self.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = [(header::CONTENT_TYPE, self.content_type.clone())];
        if takes_gzip(asked) {
            return (headers, kind, [(header::CONTENT_ENCODING, "gzip")], self.packed.clone())
                .into_response();
        }
        (headers, kind, Bytes::from_static(self.bytes)).into_response()
    }
}

/// `GET /dashboard/assets/{name}`.
pub async fn get(Path(name): Path<String>, asked: HeaderMap) -> Result<Response, Refusal> {
    let found = ASSETS.iter().find(|asset| asset.name == name);
    let unknown = || Refusal::new(Code::NotFound, "this version has no such file: load the page anew");
    found.map(|asset| asset.answer(&asked)).ok_or_else(unknown)
}
