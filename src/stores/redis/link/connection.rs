//! The connection to the server. A task of its own keeps it: it looks at the server twice a second and makes the connection anew
//! whenever that is silent, broken or may not write. Nobody waits long for a server that says nothing.

use std::{sync::OnceLock, time::Duration};

use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::timeout,
};

use super::{LinkFault, Presence, RedisAddress, fault, greeting::Greeting};
use crate::stores::StoreError;

/// Longest wait for a connection to be made.
pub(super) const CONNECT: Duration = Duration::from_millis(500);
/// Longest wait of one command, for a connection and for its answer.
pub(super) const ANSWER: Duration = Duration::from_secs(1);
const CONNECTION: Duration = Duration::from_millis(150);
/// How long the server may be silent when it is looked at.
const SILENT: Duration = Duration::from_secs(1);
/// Commands under way on one connection; more wait.
const MOST_UNDER_WAY: usize = 1_024;

/// What says which store it is, and how its rows are written.
const ID: &str = "id";
const SCHEMA: &str = "schema";
/// How this version writes them.
const KNOWN_SCHEMA: i64 = 1;

/// Why something that was put to the server has no answer.
pub(in super::super) enum Unanswered {
    /// It was not done.
    Undone(StoreError),
    /// It may have been done.
    Lost(LinkFault),
}

impl Unanswered {
    pub(super) fn of(error: RedisError) -> Self {
        match LinkFault::of(&error) {
            Some(fault @ (LinkFault::Silent | LinkFault::Unreachable { .. })) => Self::Lost(fault),
            Some(fault) => Self::Undone(fault.told()),
            None => Self::Undone(fault::meaning(error)),
        }
    }

    /// The same for who cannot ask again.
    pub(in super::super) fn told(self) -> StoreError {
        match self {
            Self::Undone(error) => error,
            Self::Lost(fault) => fault.told(),
        }
    }
}

/// How the link stands.
#[derive(Clone)]
pub(super) enum LinkState {
    /// Nothing was heard yet.
    Connecting,
    /// It can be used.
    Up(MultiplexedConnection, Greeting),
    /// It cannot.
    Down(LinkFault),
}

/// One connection that all commands share.
pub(in super::super) struct RedisLink {
    pub(super) client: Client,
    /// Where the store says which one it is.
    meta: String,
    pub(super) presence: Presence,
    /// Whether scripts can read the server's name. Else each connection is given one.
    pub(super) has_identity: bool,
    /// Which store this is, once one was met; from then on no other is used.
    id: OnceLock<String>,
    pub(super) state: watch::Sender<LinkState>,
    /// Somebody found the connection broken.
    pub(super) broken: Notify,
    /// What keeps it, which ends with it.
    pub(super) keeper: OnceLock<JoinSet<()>>,
}

impl RedisLink {
    /// A link to that server; nothing is connected yet. `meta` names what says which store it is.
    pub(super) fn new(
        address: &RedisAddress,
        meta: String,
        presence: Presence,
        has_identity: bool,
    ) -> Result<Self, StoreError> {
        let client = address.client().map_err(StoreError::backend)?;
        let (state, _) = watch::channel(LinkState::Connecting);
        Ok(Self {
            client,
            meta,
            presence,
            has_identity,
            id: OnceLock::new(),
            state,
            broken: Notify::new(),
            keeper: OnceLock::new(),
        })
    }

    /// Why the server cannot be used now; nothing when it can, or was not heard yet.
    pub(in super::super) fn fault(&self) -> Option<LinkFault> {
        match &*self.state.borrow() {
            LinkState::Down(fault) => Some(fault.clone()),
            _ => None,
        }
    }

    /// Has `ask` put something to the server, within a second and what a connection takes. What it does may have happened even
    /// when this fails.
    pub(in super::super) async fn ask<T>(
        &self,
        ask: impl AsyncFnOnce(&mut MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        self.put((self.patience(), ANSWER), ask).await.map_err(Unanswered::told)
    }

    /// The same for who asks again: waits so long for a connection, and then for the answer.
    pub(in super::super) async fn put<T>(
        &self,
        (wait, answer): (Duration, Duration),
        ask: impl AsyncFnOnce(&mut MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, Unanswered> {
        let connection = self.connection_within(wait).await;
        let mut connection = connection.map_err(|fault| Unanswered::Undone(fault.told()))?;
        let Ok(answer) = timeout(answer, ask(&mut connection)).await else {
            return Err(Unanswered::Lost(LinkFault::Silent));
        };
        answer.map_err(|error| {
            if LinkFault::of(&error).is_some() {
                self.broken.notify_one();
            }
            Unanswered::of(error)
        })
    }

    /// Has the server looked at now, as somebody found a connection broken.
    pub(super) fn look_soon(&self) {
        self.broken.notify_one();
    }

    /// How long a command waits for a connection.
    pub(in super::super) fn patience(&self) -> Duration {
        if matches!(&*self.state.borrow(), LinkState::Connecting) { CONNECT } else { CONNECTION }
    }

    /// The server by its name, as it was last looked at.
    pub(in super::super) fn server(&self) -> Option<String> {
        match &*self.state.borrow() {
            LinkState::Up(_, greeting) => Some(greeting.replid.clone()),
            _ => None,
        }
    }

    /// Sends one command.
    pub(in super::super) async fn send<T: FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, StoreError> {
        self.ask(async |connection| command.query_async(connection).await).await
    }

    /// A connection of its own, for what holds one up for as long as `answer`.
    pub(in super::super) async fn another(
        &self,
        answer: Duration,
    ) -> Result<MultiplexedConnection, StoreError> {
        self.connect_for(answer).await.map_err(LinkFault::told)
    }

    /// Looks whether the store is still the one it was.
    pub(in super::super) async fn look_again(&self) -> Result<(), StoreError> {
        let mut connection = self.connection_within(self.patience()).await.map_err(LinkFault::told)?;
        let seen = self.look(&mut connection).await;
        seen.map(drop).map_err(|fault| {
            if matches!(fault, LinkFault::Replaced) {
                self.state.send_replace(LinkState::Down(fault.clone()));
            }
            self.broken.notify_one();
            fault.told()
        })
    }

    /// What the server says of itself, if it can be used.
    pub(super) async fn look(&self, connection: &mut MultiplexedConnection) -> Result<Greeting, LinkFault> {
        let mut asked = redis::pipe();
        asked.cmd("INFO").arg("replication").hmget(&self.meta, &[SCHEMA, ID]);
        let answer = timeout(SILENT, asked.query_async(connection)).await.map_err(|_| LinkFault::Silent)?;
        let (info, meta): (String, (Option<i64>, Option<String>)) =
            answer.map_err(|error| LinkFault::of(&error).unwrap_or_else(|| LinkFault::refused(&error)))?;
        let greeting = Greeting::read(&info)?;
        match (meta, self.id.get()) {
            ((Some(found), _), _) if found > KNOWN_SCHEMA => {
                Err(LinkFault::Newer { found, known: KNOWN_SCHEMA })
            }
            ((_, found), Some(known)) if found.as_ref() != Some(known) => Err(LinkFault::Replaced),
            _ => Ok(greeting),
        }
    }

    /// Learns which store this is when it is met first; one that has no name yet is given one.
    pub(super) async fn meet(&self, connection: &mut MultiplexedConnection) -> Result<(), LinkFault> {
        if self.id.get().is_some() {
            return Ok(());
        }
        let refused = |error| LinkFault::of(&error).unwrap_or_else(|| LinkFault::refused(&error));
        let name = redis::cmd("HGET").arg(&self.meta).arg(ID).to_owned();
        let known: Option<String> = name.query_async(connection).await.map_err(refused)?;
        let id = match known {
            // A server without room for a name may still be read.
            Some(known) => known,
            None => {
                let fresh = uuid::Uuid::new_v4().simple().to_string();
                let mut asked = redis::pipe();
                asked.hset_nx(&self.meta, SCHEMA, KNOWN_SCHEMA).ignore();
                asked.hset_nx(&self.meta, ID, fresh).ignore().hget(&self.meta, ID);
                let (id,): (String,) = asked.query_async(connection).await.map_err(refused)?;
                id
            }
        };
        self.id.get_or_init(|| id);
        Ok(())
    }

    /// The connection, once there is one: a moment is waited for it.
    async fn connection_within(&self, wait: Duration) -> Result<MultiplexedConnection, LinkFault> {
        let mut state = self.state.subscribe();
        let up = state.wait_for(|state| matches!(state, LinkState::Up(..)));
        match timeout(wait, up).await.ok().and_then(Result::ok).as_deref() {
            Some(LinkState::Up(connection, _)) => Ok(connection.clone()),
            _ => Err(match &*self.state.borrow() {
                LinkState::Down(fault) => fault.clone(),
                _ => LinkFault::Silent,
            }),
        }
    }

    /// A new connection for all commands.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, LinkFault> {
        self.connect_for(ANSWER).await
    }

    async fn connect_for(&self, answer: Duration) -> Result<MultiplexedConnection, LinkFault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(answer))
            .set_pipeline_buffer_size(MOST_UNDER_WAY);
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        match timeout(CONNECT, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(LinkFault::of_connecting(&error, self.client.get_connection_info())),
            Err(_) => Err(LinkFault::Silent),
        }
    }
}
