//! `*/list`: rendered once, in pages, when it is first asked for.

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    mcp::jsonrpc::{Members, ProtocolFault, ResultBody, ResultKind},
    model::PAGE_BYTES,
};

/// Items of a page at most.
const PAGE: usize = 100;
/// How long a client may keep a list (2026-07-28). Lists change only with the gateway itself.
pub(super) const TTL_MILLIS: u32 = 60_000;

/// A list, page by page, each the text of a result.
pub(super) struct Pages {
    member: &'static str,
    made: OnceLock<Vec<String>>,
}

impl Pages {
    /// A list that the results' `member` holds.
    pub(super) const fn new(member: &'static str) -> Self {
        Self { member, made: OnceLock::new() }
    }

    /// The page the params ask for, of these items, which never change.
    pub(super) fn page(
        &self,
        params: &Members<'_>,
        items: impl FnOnce() -> Vec<Value>,
    ) -> Result<ResultBody, ProtocolFault> {
        let pages = self.made.get_or_init(|| render(self.member, &items()));
        let number = match params.get("cursor") {
            None => 0,
            Some(_) => {
                let given = params.text("cursor").unwrap_or_default();
                let known = (1..pages.len()).find(|number| cursor(*number) == given);
                known.ok_or_else(|| ProtocolFault::params("cursor: not one of this list's"))?
            }
        };
        Ok(ResultBody { json: pages[number].clone(), kind: ResultKind::Cacheable { ttl_millis: TTL_MILLIS } })
    }
}

/// Items as JSON.
pub(super) fn as_json<T: Serialize>(items: Vec<T>) -> Vec<Value> {
    items.into_iter().map(|item| json!(item)).collect()
}

fn render(member: &str, items: &[Value]) -> Vec<String> {
    let parts = split(items);
    let count = parts.len();
    let page = |(number, part): (usize, &[Value])| {
        let mut result = json!({ member: part });
        if number + 1 < count {
            result["nextCursor"] = cursor(number + 1).into();
        }
        result.to_string()
    };
    parts.into_iter().enumerate().map(page).collect()
}

/// The items of each page; one page without any when there are none. A single item may have more than [`PAGE_BYTES`].
fn split(items: &[Value]) -> Vec<&[Value]> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, item) in items.iter().enumerate() {
        let length = item.to_string().len() + 1;
        if at > start && (at - start == PAGE || bytes + length > PAGE_BYTES) {
            parts.push(&items[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += length;
    }
    parts.push(&items[start..]);
    parts
}

fn cursor(page: usize) -> String {
    format!("page-{page}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_paged_and_a_made_up_cursor_is_refused() {
        let pages = Pages::new("tools");
        let read =
            |params: &str| pages.page(&Members::parse(params, "params").unwrap(), || vec![json!({}); 250]);
        let count = |body: &ResultBody| {
            serde_json::from_str::<Value>(&body.json).unwrap()["tools"].as_array().unwrap().len()
        };
        assert_eq!(count(&read("{}").unwrap()), 100);
        let last = read(r#"{"cursor":"page-2"}"#).unwrap();
        assert_eq!(count(&last), 50);
        assert!(!last.json.contains("nextCursor"));
        assert!(read(r#"{"cursor":"page-3"}"#).is_err() && read(r#"{"cursor":7}"#).is_err());
    }

    #[test]
    fn a_page_ends_before_it_is_too_long_for_a_client() {
        let item = |bytes: usize| json!({"text": "x".repeat(bytes)});
        let counts = |items: &[Value]| split(items).into_iter().map(<[Value]>::len).collect::<Vec<_>>();
        assert_eq!(counts(&[]), [0]);
        assert_eq!(counts(&vec![item(1); 250]), [100, 100, 50]);
        assert_eq!(counts(&vec![item(20_000); 7]), [3, 3, 1]);
        assert_eq!(counts(&[item(1), item(100_000), item(1)]), [1, 1, 1]);
    }
}
