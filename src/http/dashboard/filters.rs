//! What texts pass on their way into a page, beside the escaping that every one passes.

use std::fmt::Display;

use askama::{Result, Values};

use crate::model;

/// A text without characters that nobody sees, or that turn the words after them around: titles, words and names are of others.
#[askama::filter_fn]
pub fn visible(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(model::visible(&text.to_string()))
}
