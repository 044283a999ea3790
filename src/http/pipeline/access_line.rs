//! The log line of a request that no call was observed in: refusals, pages, what cannot be read.

use std::{borrow::Cow, time::Instant};

use axum::http::{Method, StatusCode};

use crate::{http::state::RequestInfo, model::shortened};

/// Characters of a path that are shown. Anybody may send a request line of kilobytes.
const MOST_PATH: usize = 256;
/// Characters of a method that are shown: more than any has.
const MOST_METHOD: usize = 20;

/// Writes the line of an answered request.
pub(super) fn log(
    info: &RequestInfo,
    (method, path, is_probe): (&Method, &str, bool),
    (status, started): (StatusCode, Instant),
) {
    let (user, key) = info.caller().map_or(("", ""), |name| (&*name.user, &*name.key));
    let (request_id, method) = (&info.id, bounded(method.as_str().into(), MOST_METHOD));
    let path = &*bounded(without_keys(path), MOST_PATH);
    let (status, duration_us) = (status.as_u16(), started.elapsed().as_micros() as u64);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(target: "taskgate::access", %request_id, user, key, %method, path, status, duration_us, "request")
        };
    }
    match status {
        500 => line!(error),
        401 | 403 | 429 | 503 => line!(warn),
        _ if is_probe => line!(debug),
        _ => line!(info),
    }
}

/// A path as a log may have it: whatever could be a key, or hides one, is cut to what may be shown.
fn without_keys(path: &str) -> Cow<'_, str> {
    let could_be = |segment: &str| {
        segment.len() >= 16 && (segment.len() > 128 || segment.bytes().any(|byte| byte.is_ascii_digit()))
    };
    let suspect = path.contains("mcp_") || path.contains('%') || path.split('/').any(could_be);
    if !suspect && !path.starts_with("/admin/tokens/") {
        return Cow::Borrowed(path);
    }
    let shown = |segment: &str| {
        let is_id =
            segment.len() == 36 && segment.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let is_word = segment.len() <= 10 && segment.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_id || is_word { segment.to_owned() } else { String::from("[redacted]") }
    };
    path.split('/').map(shown).collect::<Vec<_>>().join("/").into()
}

/// As much of a text as a log line has room for.
fn bounded(text: Cow<'_, str>, most: usize) -> Cow<'_, str> {
    if text.len() > most { shortened(&text, most).into() } else { text }
}
