//! A page of a connection, by the rules of GitHub's: `first` or `last` is given, each is 100 at most, and cursors name a
//! node, so that a page begins behind the same one whatever was added before.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::objects::Node;

/// Why a page is refused: its type and message.
pub type Refusal = (&'static str, String);

/// Nodes of one page, and what is around them.
pub struct Page {
    pub nodes: Vec<Node>,
    pub total: usize,
    pub has_next: bool,
    pub has_previous: bool,
}

pub fn cursor(node: &Node) -> String {
    STANDARD.encode(format!("cursor:v2:{node:?}"))
}

/// The page that the arguments ask for.
pub fn page(name: &str, all: &[Node], arguments: &Map<String, Value>) -> Result<Page, Refusal> {
    let number = |key: &str| arguments.get(key).filter(|value| !value.is_null()).map(Value::as_i64);
    let (first, last) = (number("first"), number("last"));
    if first.is_none() && last.is_none() {
        let message = format!(
            "You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        );
        return Err(("MISSING_PAGINATION_BOUNDARIES", message));
    }
    for (key, asked) in [("first", first), ("last", last)].into_iter().filter_map(|(k, v)| Some((k, v?))) {
        let asked = asked.unwrap_or(-1);
        if !(0..=100).contains(&asked) {
            let message = format!(
                "Requesting {asked} records on the `{name}` connection exceeds the `{key}` limit of 100 records."
            );
            return Err(("EXCESSIVE_PAGINATION", message));
        }
    }
    let place = |key: &str| -> Result<Option<usize>, Refusal> {
        let Some(given) = arguments.get(key).and_then(Value::as_str) else { return Ok(None) };
        let is_it = |index: &usize| cursor(&all[*index]) == given;
        // Most pages begin where one of a hundred has ended.
        let likely = (99..all.len()).step_by(100).find(is_it);
        let found = likely.or_else(|| (0..all.len()).find(is_it));
        let message = || format!("`{given}` does not appear to be a valid cursor.");
        found.map(Some).ok_or_else(|| ("INVALID_CURSOR_ARGUMENTS", message()))
    };
    let mut from = place("after")?.map_or(0, |index| index + 1);
    let mut to = place("before")?.unwrap_or(all.len()).max(from);
    let length = |asked: Option<Option<i64>>| asked.flatten().map_or(usize::MAX, |asked| asked as usize);
    to = to.min(from.saturating_add(length(first)));
    from = from.max(to.saturating_sub(length(last)));
    let nodes = all[from..to].to_vec();
    Ok(Page { nodes, total: all.len(), has_next: to < all.len(), has_previous: from > 0 })
}
