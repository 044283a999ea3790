//! What this process has written, so that a repeat writes nothing.

use std::{hash::Hash, time::Duration};

use moka::sync::Cache;
use tokio::time::Instant;

/// Writes that are remembered; a repeat comes soon or never.
const MOST_REMEMBERED: u64 = 10_000;
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Writes of one board, whose tasks and comments are named so.
pub(in crate::boards) struct Delivered<Name, Comment>
where
    Name: Clone + Eq + Hash + Send + Sync + 'static,
    Comment: Clone + Send + Sync + 'static,
{
    /// The newest move of a task, by its place among all writes.
    pub(in crate::boards) moves: Cache<String, i64>,
    /// Ids of comments' writes that arrived.
    pub(in crate::boards) comments: Cache<String, ()>,
    /// The comment in which a claim says how it goes, by task and generation.
    pub(in crate::boards) running: Cache<(Name, i64), Comment>,
    /// Writes of which it is not known whether they arrived, and since when.
    pub(in crate::boards) unsure: Cache<String, Instant>,
    /// Tasks that were made, by request.
    pub(in crate::boards) made: Cache<String, Name>,
}

impl<Name, Comment> Default for Delivered<Name, Comment>
where
    Name: Clone + Eq + Hash + Send + Sync + 'static,
    Comment: Clone + Send + Sync + 'static,
{
    fn default() -> Self {
        Self { moves: cache(), comments: cache(), running: cache(), unsure: cache(), made: cache() }
    }
}

fn cache<K, V>() -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(REMEMBERED).build()
}
