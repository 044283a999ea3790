//! What keeps a link: it looks at the server twice a second, and connects anew for as long as somebody has the link.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    LinkFault, Presence, RedisAddress,
    connection::{LinkState, RedisLink},
    greeting::Greeting,
};
use crate::stores::StoreError;

/// How often the server is looked at.
const BEAT: Duration = Duration::from_millis(500);
/// Between two attempts to connect: the first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// A link to that server, which is kept until it is dropped. Needs a runtime. `meta` names what says which store it is.
pub(in super::super) fn kept_link(
    address: &RedisAddress,
    meta: String,
    presence: Presence,
    has_identity: bool,
) -> Result<Arc<RedisLink>, StoreError> {
    let link = Arc::new(RedisLink::new(address, meta, presence, has_identity)?);
    let mut keeper = JoinSet::new();
    keeper.spawn(keep(Arc::downgrade(&link)));
    link.keeper.set(keeper).expect("a new link has no keeper");
    Ok(link)
}

/// Keeps the link until nobody has it any more.
async fn keep(weak: Weak<RedisLink>) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        let Some(link) = weak.upgrade() else { return };
        let opened = open(&link).await;
        drop(link);
        if let Ok(connection) = opened {
            pause = first;
            beat(&weak, connection).await;
        }
        sleep(pause).await;
        pause = longest.min(pause * 2);
    }
}

/// A connection to a server that greeted as it has to.
async fn open(link: &RedisLink) -> Result<MultiplexedConnection, LinkFault> {
    let opened = async {
        let mut connection = link.connect().await?;
        let mut greeting = link.look(&mut connection).await?;
        if !link.has_identity {
            greeting.replid = uuid::Uuid::new_v4().simple().to_string();
        }
        link.meet(&mut connection).await?;
        if matches!(link.state.send_replace(LinkState::Up(connection.clone(), greeting)), LinkState::Down(_))
        {
            tracing::info!("Redis can be used again");
        }
        Ok(connection)
    };
    opened.await.inspect_err(|fault: &LinkFault| went_down(link, fault.clone()))
}

/// Says once why the server cannot be used, and again when that changes. Before it could ever be, whoever waits says it.
fn went_down(link: &RedisLink, fault: LinkFault) {
    let said = fault.to_string();
    match link.state.send_replace(LinkState::Down(fault)) {
        LinkState::Down(before) if before.to_string() == said => {}
        LinkState::Connecting => {}
        LinkState::Up(..) | LinkState::Down(_) => tracing::warn!("Redis cannot be used: {said}"),
    }
}

/// Looks at the server until it cannot be used, or nobody has the link any more.
async fn beat(weak: &Weak<RedisLink>, mut connection: MultiplexedConnection) {
    while let Some(link) = weak.upgrade() {
        let is_broken = timeout(BEAT, link.broken.notified()).await.is_ok();
        match link.look(&mut connection).await {
            Ok(greeting) => {
                link.presence.beat(&mut connection).await;
                link.state.send_if_modified(|state| {
                    let is_known = |before: &Greeting| !link.has_identity || *before == greeting;
                    let is_news = !matches!(state, LinkState::Up(_, before) if is_known(before));
                    if is_news {
                        *state = LinkState::Up(connection.clone(), greeting);
                    }
                    is_news
                });
            }
            Err(fault) => {
                went_down(&link, fault);
                return;
            }
        }
        if is_broken {
            // It answers: what failed was one command's, and many may fail.
            sleep(PAUSES.0).await;
        }
    }
}
