//! Connections that hear what the server pushes.

use redis::{
    AsyncConnectionConfig, Client, ProtocolVersion, PushInfo,
    aio::{MultiplexedConnection, SendError},
};
use tokio::time::timeout;

use super::{
    LinkFault,
    connection::{ANSWER, CONNECT, LinkState, RedisLink},
};

impl RedisLink {
    /// A connection of its own that hears: `hear` is given what the server pushes, and must not wait.
    pub(in super::super) async fn hearing(
        &self,
        hear: impl Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, LinkFault> {
        let known = self.client.get_connection_info();
        let settings = known.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(known.clone().set_redis_settings(settings));
        let client = client.map_err(|error| LinkFault::refused(&error))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_push_sender(hear);
        match timeout(CONNECT, client.get_multiplexed_async_connection_with_config(&config)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(LinkFault::of_connecting(&error, known)),
            Err(_) => Err(LinkFault::Silent),
        }
    }

    /// Looks whether a connection is to the server that all commands go to.
    pub(in super::super) async fn is_that_of(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<(), LinkFault> {
        let greeting = self.look(connection).await?;
        match &*self.state.borrow() {
            LinkState::Up(_, known) if *known == greeting => Ok(()),
            LinkState::Down(fault) => Err(fault.clone()),
            _ => Err(LinkFault::Silent),
        }
    }
}
