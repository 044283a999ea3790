//! The dashboard: pages for people, under `/dashboard`. Every page is whole without a script; nothing is loaded from elsewhere.
//!
//! A page is a noun: its file in [`pages`], its template, its row in the table of routes. An act is a verb: a POST in `acts`. A
//! template only loops and chooses, a handler writes no HTML, and every text of a template passes [`filters`].

pub mod acts;
pub mod assets;
mod door;
#[expect(clippy::inline_always, clippy::unused_self, reason = "what is made of a filter is not ours")]
mod filters;
mod headers;
mod key_view;
mod lanes;
mod links;
pub mod live;
mod moments;
mod nav;
mod page;
pub mod pages;
mod plot;
mod refusal;
mod shell;
mod usage_view;
mod words;

pub use door::{PageTable, no_such_page, within};
pub use page::PageFrame;
pub use refusal::{is_page, refusal_as_page};
