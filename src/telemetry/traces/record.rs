//! A span that has ended.

use std::{sync::Arc, time::Instant};

use crate::model::TracePlace;

/// The side of an exchange that a span is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// What happens inside.
    Internal,
    /// What somebody asked of us.
    Server,
    /// What was asked of somebody.
    Client,
}

/// The value of an attribute: a word of this program, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanValue {
    /// A word.
    Word(&'static str),
    /// A number.
    Number(i64),
}

impl From<&'static str> for SpanValue {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<u16> for SpanValue {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

/// What is told of a span.
#[derive(Debug)]
pub struct SpanRecord {
    pub(super) place: Arc<TracePlace>,
    /// The span it is a part of, in the same trace.
    pub(super) parent_id: Option<u64>,
    /// Another trace that it came in with.
    pub(super) link: Option<Arc<TracePlace>>,
    pub(super) kind: SpanKind,
    /// Two words, the second of which may be empty.
    pub(super) name: [&'static str; 2],
    pub(super) started: Instant,
    pub(super) ended: Instant,
    pub(super) attributes: Vec<(&'static str, SpanValue)>,
    /// The kind of failure it ended in (`error.type`).
    pub(super) failure: Option<&'static str>,
}
