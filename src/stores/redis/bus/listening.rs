//! The connection that hears a gateway's channel. It is looked at twice a second, and made anew whenever it is silent, broken or to
//! another server than the one that is written to.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use redis::{
    PushInfo, PushKind, Value,
    aio::{MultiplexedConnection, SendError},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use crate::{
    stores::redis::link::{LinkFault, RedisLink},
    telemetry::metrics::{BUS_FRAMES, BusOutcome},
};

/// How often the connection is looked at.
const BEAT: Duration = Duration::from_millis(500);
/// Between two attempts to connect: the first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// Where what is heard goes, in the order of the channel.
#[derive(Clone)]
pub(super) struct ChannelEar {
    pub(super) heard: mpsc::Sender<Bytes>,
    /// The connection ended.
    pub(super) ended: Arc<Notify>,
}

/// Hears the channel until it is dropped.
pub(super) async fn listen(link: Arc<RedisLink>, channel: String, ear: ChannelEar) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        if let Ok(connection) = subscribe(&link, &channel, ear.clone()).await {
            pause = first;
            while timeout(BEAT, ear.ended.notified()).await.is_err() {
                if link.is_that_of(&mut connection.clone()).await.is_err() {
                    break;
                }
            }
        }
        sleep(pause).await;
        pause = longest.min(pause * 2);
    }
}

async fn subscribe(
    link: &RedisLink,
    channel: &str,
    ear: ChannelEar,
) -> Result<MultiplexedConnection, LinkFault> {
    let mut connection = link.hearing(move |info: PushInfo| ear.take(info)).await?;
    link.is_that_of(&mut connection).await?;
    let subscribed: Result<Value, _> =
        redis::cmd("SSUBSCRIBE").arg(channel).query_async(&mut connection).await;
    subscribed.map_err(|error| LinkFault::of(&error).unwrap_or_else(|| LinkFault::refused(&error)))?;
    Ok(connection)
}

impl ChannelEar {
    /// Takes what the server pushes, at once: while it does, nothing else is read.
    fn take(&self, PushInfo { kind, mut data }: PushInfo) -> Result<(), SendError> {
        match kind {
            PushKind::Disconnection => self.ended.notify_one(),
            PushKind::SMessage => {
                if let Some(Value::BulkString(bytes)) = data.pop()
                    && self.heard.try_send(bytes.into()).is_err()
                {
                    BUS_FRAMES.add(BusOutcome::Dropped);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
