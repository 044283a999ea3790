//! Binding and accepting.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Semaphore};

use super::{Gate, connection, router::router};

/// A bound listener that does not accept yet.
pub struct Bound {
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Binds `address`.
pub async fn bind(address: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

/// A listener with all that answers its connections.
pub struct Serving {
    bound: Bound,
    gate: Arc<Gate>,
    router: axum::Router,
}

impl Bound {
    /// Makes what answers; from here on nothing is left that could fail.
    pub fn with(self, gate: Arc<Gate>) -> Serving {
        let router = router(&gate);
        Serving { bound: self, gate, router }
    }
}

impl Serving {
    /// Accepts connections until the gateway stops. At the cap, new ones wait in the kernel's queue.
    pub async fn run(self) {
        let Self { bound, gate, router } = self;
        let places = Arc::new(Semaphore::new(gate.parts.listen.max_connections as usize));
        let lifecycle = gate.parts.lifecycle.clone();
        loop {
            let accept = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, bound.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accept => accepted,
                () = lifecycle.soft().cancelled() => break,
            };
            match accepted {
                Ok((socket, peer)) => {
                    let _ = socket.set_nodelay(true);
                    let (gate, router) = (Arc::clone(&gate), router.clone());
                    lifecycle.spawn(async move {
                        connection::serve(gate, router, socket, peer).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        gate.open.end_streams();
    }
}
