//! Binding and accepting. Beyond the caps a connection is let into a small reserve, in which it may ask how the gateway is.

use std::{
    io,
    net::{Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::net::{TcpListener, TcpStream};

use super::{connection, reserve::Reserve};
use crate::{
    http::{error::connections_setting, pipeline::Pipeline, state::AppState},
    limits::{Beyond, Caps, most_open_files, network},
    model::Causes,
    telemetry::metrics::{LIMIT_HITS, Limit},
};

/// Open files that are not let in connections: the reserve, the database, the listener, logs, calls to other hosts.
const OTHER_FILES: u64 = 96;
/// After an error of the machine, such as too many open files, before the next try.
pub(super) const PAUSE: Duration = Duration::from_millis(250);
/// Between two lines of one kind: what goes wrong here goes wrong often.
const QUIET: Duration = Duration::from_secs(60);

/// A bound listener that does not accept yet.
pub struct Bound {
    pub(super) listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Lets connections in.
struct Acceptor {
    pipeline: Arc<Pipeline>,
    caps: Arc<Caps<Ipv6Addr>>,
    reserve: Reserve,
    turned_away: Throttled,
}

/// A kind of log line, by when it was last written.
#[derive(Default)]
struct Throttled(Option<Instant>);

/// Binds `address`.
pub async fn bind(address: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

/// A listener with all that answers its connections.
pub struct Serving {
    bound: Bound,
    acceptor: Acceptor,
}

impl Bound {
    /// Makes what answers; from here on nothing is left that could fail.
    pub fn with(self, state: AppState) -> Serving {
        Serving { bound: self, acceptor: Acceptor::new(state) }
    }
}

impl Serving {
    /// Accepts connections until the gateway stops.
    pub async fn run(self) {
        let Self { bound, mut acceptor } = self;
        let lifecycle = acceptor.pipeline.state.lifecycle.clone();
        let mut failed = Throttled::default();
        loop {
            let accepted = tokio::select! {
                accepted = bound.listener.accept() => accepted,
                () = lifecycle.soft().cancelled() => break,
            };
            match accepted {
                Ok((socket, peer)) => acceptor.let_in(socket, peer).await,
                Err(error) if was_given_up(&error) => {}
                Err(error) => {
                    if failed.is_due() {
                        tracing::warn!(error = %Causes(&error), "connections cannot be accepted");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        acceptor.pipeline.state.open_exchanges.end_streams();
    }
}

impl Acceptor {
    fn new(state: AppState) -> Self {
        let listen = &state.listen;
        let most = let_in(listen.max_connections, most_open_files());
        let of_address = listen.max_connections_per_address.unwrap_or(most / 2).max(1);
        Self {
            caps: Caps::new(most, of_address),
            reserve: Reserve::default(),
            turned_away: Throttled::default(),
            pipeline: Arc::new(Pipeline::new(state)),
        }
    }

    async fn let_in(&mut self, socket: TcpStream, peer: SocketAddr) {
        let _ = socket.set_nodelay(true);
        let address = peer.ip().to_canonical();
        let counted = !address.is_loopback() && !self.pipeline.state.listen.client_address.trusts(address);
        let pipeline = Arc::clone(&self.pipeline);
        let lifecycle = &self.pipeline.state.lifecycle;
        match self.caps.open(counted.then(|| network(address))) {
            Ok(permit) => lifecycle.spawn(async move {
                connection::serve(pipeline, socket, peer, None).await;
                drop(permit);
            }),
            Err(crowded) => {
                LIMIT_HITS.add(match crowded {
                    Beyond::All => Limit::Connections,
                    Beyond::One => Limit::ConnectionsOfAddress,
                });
                let place = self.reserve.place().await;
                lifecycle.spawn(async move {
                    tokio::select! {
                        () = connection::serve(pipeline, socket, peer, Some(crowded)) => {}
                        () = place.lost.cancelled() => {}
                    }
                    drop(place);
                });
                if self.turned_away.is_due() {
                    let setting = connections_setting(crowded);
                    tracing::warn!(%address, setting, "as many connections as may be are open: more are turned away");
                }
            }
        }
    }
}

impl Throttled {
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= QUIET);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

/// How many connections are let in, of `wanted`, when the process may have that many files open.
fn let_in(wanted: u32, open_files: Option<u64>) -> u32 {
    let Some(limit) = open_files else { return wanted };
    let most = limit.saturating_sub(OTHER_FILES).max(1);
    if most < wanted.into() {
        tracing::warn!(
            "{most} connections are let in, not {wanted}: the process may have {limit} files open (ulimit -n, LimitNOFILE)"
        );
    }
    u32::try_from(most).map_or(wanted, |most| most.min(wanted))
}

/// Whether the other side went away before it was let in: no reason to wait.
fn was_given_up(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_files_the_gateway_itself_needs() {
        assert_eq!(let_in(20_000, None), 20_000);
        assert_eq!(let_in(20_000, Some(1_048_576)), 20_000);
        assert_eq!(let_in(20_000, Some(256)), 160);
        assert_eq!(let_in(100, Some(256)), 100);
        assert_eq!(let_in(100, Some(64)), 1);
    }
}
