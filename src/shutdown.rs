//! How the process stops. Three steps, each a token:
//! `draining` (not ready any more, still accepting), `soft` (no new connections, streams end, waiting calls are
//! answered) and `hard` (everything that is left is dropped).

use std::{future::Future, sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long `/ready` says no while connections are still taken: time for a balancer to notice.
const NOTICE: Duration = Duration::from_millis(1200);
/// From the first signal to the exit, at the latest.
const DEADLINE: Duration = Duration::from_secs(9);

/// The process's life, shared by everything that spawns or waits.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    tokens: Arc<Tokens>,
    tracker: TaskTracker,
}

#[derive(Debug, Default)]
struct Tokens {
    draining: CancellationToken,
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Lifecycle {
    /// Fires first: answer `/ready` with 503.
    pub fn draining(&self) -> &CancellationToken {
        &self.tokens.draining
    }

    /// Fires second: take no new connection, end streams, answer what waits.
    pub fn soft(&self) -> &CancellationToken {
        &self.tokens.soft
    }

    /// Fires last: drop what is left.
    pub fn hard(&self) -> &CancellationToken {
        &self.tokens.hard
    }

    /// Runs `task` so that a drain waits for it.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(task);
    }

    /// Waits for SIGTERM or SIGINT, then drains. A second signal, or the deadline, ends it at once.
    pub async fn run_until_signalled(&self) {
        signal().await;
        tracing::info!("stopping: draining, a second signal stops at once");
        self.drain().await;
    }

    /// Ends without notice: nobody was listening. What runs is still waited for.
    pub async fn stop_now(&self) {
        self.tokens.draining.cancel();
        self.tokens.soft.cancel();
        self.tracker.close();
        let _ = tokio::time::timeout(DEADLINE, self.tracker.wait()).await;
        self.tokens.hard.cancel();
    }

    async fn drain(&self) {
        let drained = async {
            self.tokens.draining.cancel();
            tokio::time::sleep(NOTICE).await;
            self.tokens.soft.cancel();
            self.tracker.close();
            self.tracker.wait().await;
        };
        tokio::select! {
            () = drained => tracing::info!("stopped: everything in flight was finished"),
            () = signal() => tracing::warn!("stopped by a second signal"),
            () = tokio::time::sleep(DEADLINE) => tracing::warn!("stopped with calls still running after 9 seconds"),
        }
        self.tokens.hard.cancel();
    }
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
