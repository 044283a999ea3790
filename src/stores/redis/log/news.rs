//! News of what other gateways committed: one reader for all who wait, on a connection of its own, because the server lets it
//! wait too.

use std::time::Duration;

use redis::{Value, aio::MultiplexedConnection};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    events::EVENTS,
    streams::{RawEntry, StreamPart},
};
use crate::{
    model::Workspace,
    stores::{StoreError, redis::RedisStore},
};

/// Longest wait of the server's.
const WAIT: Duration = Duration::from_secs(1);
/// For an answer beyond that.
const ANSWER: Duration = Duration::from_secs(1);

/// A connection that waits, and the event it has come to.
#[derive(Default)]
pub(in super::super) struct NewsReader {
    connection: Option<MultiplexedConnection>,
    last: String,
}

impl NewsReader {
    /// Whether an event was stored until then that this reader had not heard of.
    async fn has_news(&mut self, store: &RedisStore, until: Instant) -> Result<bool, StoreError> {
        let stream = store.name(&Workspace::default(), EVENTS);
        let mut connection = match &self.connection {
            Some(connection) => connection.clone(),
            // Not cut short at `until`: where connecting takes longer than the waits, there would never be one.
            None => store.link.another(WAIT + ANSWER).await?,
        };
        if self.connection.is_none() {
            self.last = newest(&stream, &mut connection).await?;
            self.connection = Some(connection);
            // Whatever happened while nobody read.
            return Ok(true);
        }
        let wait = until.saturating_duration_since(Instant::now()).min(WAIT);
        let mut asked = redis::cmd("XREAD");
        // A wait of 0 has no end.
        asked.arg("COUNT").arg(1).arg("BLOCK").arg((wait.as_millis() as u64).max(1));
        asked.arg("STREAMS").arg(&stream).arg(&self.last);
        let found: Value = asked.query_async(&mut connection).await.map_err(StoreError::backend)?;
        if matches!(found, Value::Nil) {
            return Ok(false);
        }
        self.last = newest(&stream, &mut connection).await?;
        Ok(true)
    }
}

/// The id of a stream's newest entry.
async fn newest(stream: &str, connection: &mut MultiplexedConnection) -> Result<String, StoreError> {
    let asked = StreamPart::back_from(None, 1).of(stream);
    let found: Vec<RawEntry> = asked.query_async(connection).await.map_err(StoreError::backend)?;
    Ok(found.into_iter().next().map_or_else(|| String::from("0-0"), |(id, _)| id))
}

impl RedisStore {
    /// Returns when another gateway stored an event, or after `at_most`; whoever waits without being the reader is told by it.
    pub(super) async fn wait_for_others(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        // A turn rather than a lock: who does not get it in time has waited as long as it wanted to.
        let Ok(mut reader) = timeout_at(until, self.news.lock()).await else { return };
        match reader.has_news(self, until).await {
            Ok(true) => self.committed.notify_waiters(),
            Ok(false) => {}
            Err(_) => {
                reader.connection = None;
                sleep_until(until).await;
            }
        }
    }
}
