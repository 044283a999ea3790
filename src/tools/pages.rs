//! Pages of a list: as many items as were asked for, and no more text than any client takes. Whatever the items, a page
//! has at least one, so that a reader always gets on.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::model::PAGE_BYTES;

/// The items of one page, written as JSON.
pub(super) struct Page<T> {
    items: Vec<Box<RawValue>>,
    kind: PhantomData<fn(T)>,
}

impl<T: Serialize> Page<T> {
    /// As many of the items, from the first on, as a page takes.
    pub(super) fn of(items: impl IntoIterator<Item = T>) -> Self {
        let mut page = Self { items: Vec::new(), kind: PhantomData };
        let mut bytes = 0;
        for item in items {
            let json = serde_json::value::to_raw_value(&item).expect("an item is plain JSON");
            bytes += json.get().len() + 1;
            if bytes > PAGE_BYTES && !page.items.is_empty() {
                break;
            }
            page.items.push(json);
        }
        page
    }
}

impl<T> Page<T> {
    /// The one of `all` that the next page begins after, if there is a next page. `all` are what the items were made of,
    /// `more` says whether there are others after them.
    pub(super) fn last<'a, S>(&self, all: &'a [S], more: bool) -> Option<&'a S> {
        let (shown, rest) = all.split_at(self.items.len());
        shown.last().filter(|_| more || !rest.is_empty())
    }
}

impl<T> Serialize for Page<T> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(writer)
    }
}

impl<T: JsonSchema> JsonSchema for Page<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Page".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_it_is_too_long_and_never_without_an_item() {
        let count =
            |lengths: &[usize]| Page::of(lengths.iter().map(|length| "x".repeat(*length))).items.len();
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[1; 500]), 500);
        assert_eq!(count(&[20_000; 500]), 3);
        assert_eq!(count(&[100_000, 1]), 1, "an item that is a page of its own");
        assert_eq!(count(&[1, 100_000, 1]), 1);
    }

    #[test]
    fn the_next_page_begins_after_the_last_item_and_only_if_there_is_more() {
        let last = |lengths: &[usize], more: bool| {
            let page = Page::of(lengths.iter().map(|length| "x".repeat(*length)));
            page.last(lengths, more).copied()
        };
        assert_eq!((last(&[], false), last(&[1, 2], false)), (None, None));
        assert_eq!(last(&[1, 2], true), Some(2));
        assert_eq!(last(&[1, 2, 100_000], false), Some(2), "the rest has no room");
    }
}
