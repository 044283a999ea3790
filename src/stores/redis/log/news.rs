//! News of what other gateways committed: one reader for all who wait, on a connection of its own, because the server lets it
//! wait too.

use std::{collections::BTreeMap, time::Duration};

use redis::{RedisError, Value, aio::MultiplexedConnection};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    events::EVENTS,
    streams::{RawEntry, StreamPart},
};
use crate::{
    model::{Causes, Workspace},
    stores::{
        Absence, StoreError,
        redis::{RedisStore, link::failure},
    },
};

/// Longest wait of the server's.
const WAIT: Duration = Duration::from_secs(1);
/// For an answer beyond that.
const ANSWER: Duration = Duration::from_secs(1);

/// A connection that waits, and the events it has come to.
#[derive(Default)]
pub(in super::super) struct NewsReader {
    connection: Option<MultiplexedConnection>,
    /// By the event log's name: the newest event of each that is followed.
    last: BTreeMap<String, String>,
    /// The server keeps logs of several workspaces apart, and waits for one alone. Who follows another looks by itself.
    is_apart: bool,
    /// Whether was told that the server refuses.
    is_told: bool,
}

impl NewsReader {
    /// Whether an event was stored until then that this reader had not heard of.
    async fn has_news(&mut self, store: &RedisStore, until: Instant) -> Result<bool, StoreError> {
        let mut connection = match &self.connection {
            Some(connection) => connection.clone(),
            // Not cut short at `until`: where connecting takes longer than the waits, there would never be one.
            None => store.link.another(WAIT + ANSWER).await?,
        };
        let followed = store.followed.iter().map(|workspace| store.name(&workspace, EVENTS));
        let mut streams: Vec<_> = followed.collect();
        if self.is_apart || streams.is_empty() {
            streams = vec![store.name(&Workspace::default(), EVENTS)];
        }
        let is_new =
            self.connection.is_none() || streams.iter().any(|stream| !self.last.contains_key(stream));
        if is_new {
            self.last = newest(&streams, &mut connection).await.map_err(failure)?;
            self.connection = Some(connection);
            // Whatever happened while nobody read.
            return Ok(true);
        }
        let wait = until.saturating_duration_since(Instant::now()).min(WAIT);
        let mut asked = redis::cmd("XREAD");
        // A wait of 0 has no end.
        asked.arg("COUNT").arg(1).arg("BLOCK").arg((wait.as_millis() as u64).max(1)).arg("STREAMS");
        asked.arg(&streams);
        for stream in &streams {
            asked.arg(self.last.get(stream).map_or("$", String::as_str));
        }
        let found: Value = match asked.query_async(&mut connection).await {
            Err(error) if error.code() == Some("CROSSSLOT") => {
                self.is_apart = true;
                return Ok(false);
            }
            found => found.map_err(failure)?,
        };
        self.is_told = false;
        if matches!(found, Value::Nil) {
            return Ok(false);
        }
        self.last = newest(&streams, &mut connection).await.map_err(failure)?;
        Ok(true)
    }

    /// A server that is away is told of by who keeps the link; that this one alone is refused, nobody else would say.
    fn tell(&mut self, error: &StoreError) {
        let is_refusal = matches!(
            error,
            StoreError::Backend(_) | StoreError::Corrupt(_) | StoreError::Away(Absence::Refused, _)
        );
        if is_refusal && !self.is_told {
            self.is_told = true;
            tracing::error!(
                error = %Causes(error),
                advice = "its user needs all that docs/several-machines.md names, XREAD too",
                "Redis does not let this gateway wait for what others commit: it hears of it late"
            );
        }
    }
}

/// The ids of streams' newest entries.
async fn newest(
    streams: &[String],
    connection: &mut MultiplexedConnection,
) -> Result<BTreeMap<String, String>, RedisError> {
    let mut asked = redis::pipe();
    for stream in streams {
        asked.add_command(StreamPart::back_from(None, 1).of(stream));
    }
    let found: Vec<Vec<RawEntry>> = asked.query_async(connection).await?;
    let ids =
        found.into_iter().map(|mut entries| entries.pop().map_or_else(|| String::from("0-0"), |(id, _)| id));
    Ok(streams.iter().cloned().zip(ids).collect())
}

impl RedisStore {
    /// Has news of that workspace told too.
    pub(super) fn follow_news_of(&self, workspace: &Workspace) {
        if !self.followed.contains(workspace) {
            self.followed.insert(workspace.clone());
        }
    }

    /// Returns when another gateway stored an event, or after `at_most`; whoever waits without being the reader is told by it.
    pub(super) async fn wait_for_others(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        // A turn rather than a lock: who does not get it in time has waited as long as it wanted to.
        let Ok(mut reader) = timeout_at(until, self.news.lock()).await else { return };
        match reader.has_news(self, until).await {
            Ok(true) => self.committed.notify_waiters(),
            Ok(false) => {}
            Err(error) => {
                reader.tell(&error);
                reader.connection = None;
                sleep_until(until).await;
            }
        }
    }
}
