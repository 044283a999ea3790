//! Which processes are there: each says so with every beat, by the store's time.

use std::sync::{LazyLock, Mutex, PoisonError};

use redis::{Script, aio::MultiplexedConnection};

use super::connection::RedisLink;
use crate::{
    model::{Causes, StoreShare},
    stores::StoreError,
};

static BEAT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/beat.lua")));
static INSTANCES: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/instances.lua")));

/// Since the last beat of a process that is there.
const THERE_MILLIS: i64 = 2_000;

/// Who says that it is there, and where.
pub(in super::super) struct Presence {
    pub(in super::super) instance: String,
    /// What has the offset of the store's time.
    pub(in super::super) seq: String,
    /// Processes by their last beats.
    pub(in super::super) live: String,
    /// As of the last beat.
    pub(in super::super) share: Mutex<StoreShare>,
}

impl Presence {
    /// Says that this process is there. A server that does not take it is looked at anew in half a second.
    pub(super) async fn beat(&self, connection: &mut MultiplexedConnection) {
        let mut asked = BEAT.key(&self.seq);
        asked.key(&self.live).arg(&self.instance).arg(THERE_MILLIS);
        match asked.invoke_async(connection).await {
            Ok(living) => *self.share.lock().unwrap_or_else(PoisonError::into_inner) = self.share_of(living),
            Err(error) => {
                tracing::debug!(error = %Causes(&error), "Redis does not take this process's beat");
            }
        }
    }

    fn share_of(&self, mut living: Vec<String>) -> StoreShare {
        living.sort_unstable();
        let number = living.iter().position(|instance| *instance == self.instance);
        let share = number.and_then(|number| {
            Some(StoreShare { number: u32::try_from(number).ok()?, of: u32::try_from(living.len()).ok()? })
        });
        share.unwrap_or(StoreShare::WHOLE)
    }
}

impl RedisLink {
    /// The name of this process among them.
    pub(in super::super) fn instance(&self) -> &str {
        &self.presence.instance
    }

    /// What this process chooses from first among them.
    pub(in super::super) fn share(&self) -> StoreShare {
        *self.presence.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The processes that were there when the last beat was heard, however long ago that is.
    pub(in super::super) async fn last_instances(&self) -> Result<Vec<String>, StoreError> {
        let live = &self.presence.live;
        let newest = redis::cmd("ZREVRANGE").arg(live).arg(0).arg(0).arg("WITHSCORES").to_owned();
        let newest: Vec<(String, i64)> = self.send(&newest).await?;
        let Some((_, newest)) = newest.first() else { return Ok(Vec::new()) };
        let from = newest - THERE_MILLIS;
        self.send(redis::cmd("ZRANGEBYSCORE").arg(live).arg(from).arg("+inf")).await
    }

    /// The processes that beat within two seconds.
    pub(in super::super) async fn instances(&self) -> Result<Vec<String>, StoreError> {
        let mut asked = INSTANCES.key(&self.presence.seq);
        asked.key(&self.presence.live).arg(THERE_MILLIS);
        self.ask(async |connection| asked.invoke_async(connection).await).await
    }
}
