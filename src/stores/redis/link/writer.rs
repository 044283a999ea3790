//! The connection that decisions go through where replicas have to confirm them. A replica confirms what came on one connection, so
//! all who wait for that share one question behind what was written before it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{RedisError, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time::timeout};

use super::{LinkFault, RedisLink, Unanswered};
use crate::stores::StoreError;

/// How long replicas are waited for.
const CONFIRMED: Duration = Duration::from_millis(500);
/// For the server to say that they did not confirm.
const SAID: Duration = Duration::from_millis(700);
/// For one of its answers.
const ANSWER: Duration = Duration::from_secs(1);

/// The connection of decisions, and who waits for replicas.
pub(in super::super) struct Writer {
    link: Arc<RedisLink>,
    replicas: u32,
    /// With the server's name: another one has another connection.
    connection: Mutex<Option<(String, MultiplexedConnection)>>,
    /// Decisions that were answered.
    answered: AtomicU64,
    confirmed: Mutex<Confirmed>,
}

/// What the last question to the replicas was for.
#[derive(Default)]
struct Confirmed {
    /// That many decisions.
    answered: u64,
    is_safe: bool,
}

impl Writer {
    /// Nothing is connected yet. `replicas`: how many have to confirm; not zero.
    pub(in super::super) fn new(link: Arc<RedisLink>, replicas: u32) -> Self {
        Self {
            link,
            replicas,
            connection: Mutex::default(),
            answered: AtomicU64::new(0),
            confirmed: Mutex::default(),
        }
    }

    /// How many have to confirm.
    pub(in super::super) fn replicas(&self) -> u32 {
        self.replicas
    }

    /// Has `ask` put something to the server, and waits so long for the answer.
    pub(in super::super) async fn put<T>(
        &self,
        answer: Duration,
        ask: impl AsyncFnOnce(&mut MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, Unanswered> {
        let mut connection = self.connection().await.map_err(Unanswered::Undone)?;
        let Ok(answer) = timeout(answer, ask(&mut connection)).await else {
            return Err(Unanswered::Lost(LinkFault::Silent));
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                if LinkFault::of(&error).is_some() {
                    self.leave().await;
                }
                Err(Unanswered::of(error))
            }
        }
    }

    /// Returns once enough replicas have all that was answered here before.
    pub(in super::super) async fn confirm(&self) -> Result<(), StoreError> {
        let own = self.answered.fetch_add(1, Ordering::SeqCst) + 1;
        let mut confirmed = self.confirmed.lock().await;
        if confirmed.answered < own {
            // All who were answered until now are asked for at once: they come to say so first.
            tokio::task::yield_now().await;
            let answered = self.answered.load(Ordering::SeqCst);
            *confirmed = Confirmed { answered, is_safe: self.ask_replicas().await };
        }
        if confirmed.is_safe { Ok(()) } else { Err(StoreError::Unsafe) }
    }

    async fn ask_replicas(&self) -> bool {
        let mut wait = redis::cmd("WAIT");
        wait.arg(self.replicas).arg(CONFIRMED.as_millis() as u64);
        let asked = self.put(SAID, async |connection| wait.query_async::<u32>(connection).await).await;
        asked.is_ok_and(|confirmed| confirmed >= self.replicas)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, StoreError> {
        let Some(server) = self.link.server() else {
            return Err(self.link.fault().map_or(StoreError::Unsettled, LinkFault::told));
        };
        let mut kept = self.connection.lock().await;
        if let Some((_, connection)) = kept.as_ref().filter(|(of, _)| *of == server) {
            return Ok(connection.clone());
        }
        let connection = self.link.another(ANSWER).await?;
        *kept = Some((server, connection.clone()));
        Ok(connection)
    }

    /// Another connection may do better.
    async fn leave(&self) {
        *self.connection.lock().await = None;
        self.link.look_soon();
    }
}
