//! Headers of deliveries, each of which is to be there once.

use axum::http::HeaderMap;

use crate::http::error::Refusal;

/// Longest name of an event or a delivery.
const MOST_NAME: usize = 100;

/// The value of a header that is there once, as text.
pub(super) fn one_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut given = headers.get_all(name).iter();
    let given = given.next().filter(|_| given.next().is_none())?;
    given.to_str().ok()
}

/// The name of an event or a delivery.
pub(super) fn short_name(headers: &HeaderMap, header: &str) -> Result<String, Refusal> {
    let text = headers.get(header).and_then(|value| value.to_str().ok());
    let text = text.filter(|text| (1..=MOST_NAME).contains(&text.len()));
    text.map(str::to_owned).ok_or_else(|| Refusal::field(header, "expected 1 to 100 visible characters"))
}
