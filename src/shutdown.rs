//! How the process stops. Three steps, each a token:
//! `draining` (not ready any more, still accepting), `soft` (no new connections, streams end, waiting calls are
//! answered) and `hard` (everything that is left is dropped).
//!
//! It also stops when a part it cannot do without has ended: a process that cannot serve is of no use to anybody.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::log_context;

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
    /// Whether `soft` fired: a look at a token takes a lock that all connections share.
    is_stopping: AtomicBool,
    hard: CancellationToken,
    broken: CancellationToken,
    last: LastWork,
    /// The part that ended first.
    ended: OnceLock<&'static str>,
}

/// What is done when nothing else is.
#[derive(Default)]
struct LastWork(Mutex<Option<BoxFuture<'static, ()>>>);

impl std::fmt::Debug for LastWork {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LastWork")
    }
}

/// Why the process stopped by itself.
#[derive(Debug, thiserror::Error)]
#[error("{0} has ended, and the gateway is of no use without it: the log says more, start it again")]
pub struct PartEnded(&'static str);

impl Tokens {
    /// Does what is left to do when everything else has ended.
    async fn end(&self) {
        let last = self.last.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(last) = last {
            last.await;
        }
    }

    fn soften(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.soft.cancel();
    }
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

    /// Whether [`Self::soft`] has fired.
    pub fn is_stopping(&self) -> bool {
        self.tokens.is_stopping.load(Ordering::Acquire)
    }

    /// Fires last: drop what is left.
    pub fn hard(&self) -> &CancellationToken {
        &self.tokens.hard
    }

    /// Runs `task` so that a drain waits for it, as part of the call or job that asks for it.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match log_context::current() {
            Some(work) => self.tracker.spawn(log_context::go_on(work, task)),
            None => self.tracker.spawn(task),
        };
    }

    /// Runs a part the process cannot do without, called `name` on each of its lines in the log. If it panics, or ends before the soft stop, the
    /// process stops.
    pub fn spawn_part<F>(&self, name: &'static str, part: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let tokens = Arc::clone(&self.tokens);
        self.tracker.spawn(log_context::in_job(name, async move {
            let ended = AssertUnwindSafe(part).catch_unwind().await;
            if ended.is_ok() && tokens.soft.is_cancelled() {
                return;
            }
            tracing::error!("{name} has ended, nothing works without it: stopping");
            let _ = tokens.ended.set(name);
            tokens.draining.cancel();
            tokens.broken.cancel();
        }));
    }

    /// Runs a part that goes on until the soft stop and is dropped then; see [`Self::spawn_part`].
    pub fn spawn_loop<F>(&self, name: &'static str, part: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let soft = self.soft().clone();
        self.spawn_part(name, async move {
            soft.run_until_cancelled(part).await;
        });
    }

    /// Has `work` done when everything that a drain waits for has ended, within what is left of the time to stop. It must not take
    /// long by itself.
    pub fn finally(&self, work: impl Future<Output = ()> + Send + 'static) {
        *self.tokens.last.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(work));
    }

    /// Waits for SIGTERM or SIGINT, or for a part to end, then drains. A second signal, or the deadline, ends it at once.
    pub async fn run_until_signalled(&self) -> Result<(), PartEnded> {
        tokio::select! {
            () = signal() => tracing::info!("stopping: draining, a second signal stops at once"),
            () = self.tokens.broken.cancelled() => {}
        }
        self.drain().await;
        self.tokens.ended.get().map_or(Ok(()), |part| Err(PartEnded(part)))
    }

    /// Ends without notice: nobody was listening. What runs is still waited for.
    pub async fn stop_now(&self) {
        self.tokens.draining.cancel();
        self.tokens.soften();
        self.tracker.close();
        let ended = async {
            self.tracker.wait().await;
            self.tokens.end().await;
        };
        let _ = tokio::time::timeout(DEADLINE, ended).await;
        self.tokens.hard.cancel();
    }

    async fn drain(&self) {
        let drained = async {
            self.tokens.draining.cancel();
            tokio::time::sleep(NOTICE).await;
            self.tokens.soften();
            self.tracker.close();
            self.tracker.wait().await;
            self.tokens.end().await;
        };
        tokio::select! {
            () = drained => tracing::info!("stopped: everything in flight was finished"),
            () = signal() => tracing::warn!("stopped by a second signal"),
            () = tokio::time::sleep(DEADLINE) => tracing::warn!("stopped with calls still running after 9 seconds"),
        }
        self.tokens.hard.cancel();
    }
}

/// Returns at SIGTERM or SIGINT.
pub async fn signal() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_process_stops_and_says_so_when_a_part_panics_or_ends() {
        for panics in [true, false] {
            let lifecycle = Lifecycle::default();
            lifecycle.spawn_part("the part", async move { assert!(!panics, "a fault in the part") });
            let outcome = lifecycle.run_until_signalled().await;
            assert!(outcome.unwrap_err().to_string().starts_with("the part has ended"));
            assert!(lifecycle.draining().is_cancelled() && lifecycle.hard().is_cancelled());
        }
    }

    #[tokio::test]
    async fn a_part_may_end_with_the_process() {
        let lifecycle = Lifecycle::default();
        let soft = lifecycle.soft().clone();
        lifecycle.spawn_part("the part", async move { soft.cancelled().await });
        lifecycle.stop_now().await;
        assert!(!lifecycle.tokens.broken.is_cancelled());
    }
}
