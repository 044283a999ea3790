//! Walks over a whole board, however large. The picture's lock is held for a slice of cards at a time, never while they
//! are looked at. Work that grows with a board runs apart from the threads that serve connections, for few callers at a
//! time: a caller that waits for its turn and goes away is forgotten.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Semaphore;

use crate::{
    coordinator::{
        CoordinatorError,
        mirror::{Mirror, TaskCard, TaskPlace},
    },
    model::Moment,
};

/// Cards taken under the lock at a time.
pub(in crate::coordinator) const SLICE: usize = 256;

/// The cards of a board, oldest first, slice by slice. A card that changes meanwhile is seen once, as it was or as it is.
pub(in crate::coordinator) struct Slices {
    mirror: Arc<Mirror>,
    now: Moment,
    after: Option<TaskPlace>,
    ended: bool,
    /// Set when nobody wants the result any more.
    gone: Arc<AtomicBool>,
}

impl Slices {
    pub(in crate::coordinator) fn new(mirror: Arc<Mirror>, now: Moment) -> Self {
        Self { mirror, now, after: None, ended: false, gone: Arc::default() }
    }

    /// Set when nobody wants the result any more: what was seen until then is not all.
    pub(in crate::coordinator) fn gone(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.gone)
    }
}

impl Iterator for Slices {
    type Item = Vec<TaskCard>;

    fn next(&mut self) -> Option<Vec<TaskCard>> {
        if self.ended || self.gone.load(Ordering::Relaxed) {
            return None;
        }
        let cards = self.mirror.with(|picture| picture.slice(self.after.as_ref(), SLICE, self.now));
        self.ended = cards.len() < SLICE;
        self.after = Some(TaskPlace::of(&cards.last()?.task));
        Some(cards)
    }
}

/// Turns at one kind of work that takes long.
pub(in crate::coordinator) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    /// Half the processors, so that the other half serves.
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

impl Turns {
    /// Runs `work` over the cards apart from other calls. It ends early, its result unused, once nobody waits for it.
    pub(in crate::coordinator) async fn run<T: Send + 'static>(
        &self,
        slices: Slices,
        work: impl FnOnce(Slices) -> T + Send + 'static,
    ) -> Result<T, CoordinatorError> {
        let turn = Arc::clone(&self.0).acquire_owned().await.map_err(|_| CoordinatorError::Stopping)?;
        apart(turn, slices, work).await
    }
}

/// Runs `work` over the cards apart from the threads that serve, and gives the turn back when it has ended.
pub(super) async fn apart<T: Send + 'static>(
    turn: impl Send + 'static,
    slices: Slices,
    work: impl FnOnce(Slices) -> T + Send + 'static,
) -> Result<T, CoordinatorError> {
    struct Gone(Arc<AtomicBool>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let _gone = Gone(Arc::clone(&slices.gone));
    let job = tokio::task::spawn_blocking(move || {
        let result = work(slices);
        drop(turn);
        result
    });
    match job.await {
        Ok(result) => Ok(result),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        Err(_) => Err(CoordinatorError::Stopping),
    }
}

#[cfg(test)]
pub(in crate::coordinator) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Task, UnixMillis};

    pub(crate) fn task(number: i64) -> Task {
        Task {
            key: format!("T-{number}"),
            title: format!("Task {number}"),
            created_at: UnixMillis(number / 10),
            updated_at: UnixMillis(number),
            ..Task::todo(&format!("id-{number:06}"))
        }
    }

    pub(crate) fn mirror_of(tasks: Vec<Task>) -> Arc<Mirror> {
        let mirror = Arc::new(Mirror::new());
        mirror.with(|picture| tasks.into_iter().for_each(|task| picture.put_task(task, Moment::default())));
        mirror
    }

    fn slices(count: i64) -> Slices {
        Slices::new(mirror_of((0..count).rev().map(task).collect()), Moment::default())
    }

    #[test]
    fn every_card_is_seen_once_in_order_whatever_the_size_of_the_board() {
        for count in [0, 1, 255, 256, 257, 512, 1_000] {
            let seen: Vec<_> = slices(count).flatten().map(|card| card.task.id.clone()).collect();
            let all: Vec<_> = (0..count).map(|number| task(number).id).collect();
            assert_eq!(seen, all);
        }
    }

    #[tokio::test]
    async fn a_walk_ends_with_its_caller_whether_it_runs_or_waits_for_its_turn() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let slowly = |begun: tokio::sync::mpsc::UnboundedSender<&'static str>, name| {
            move |slices: Slices| {
                let _ = begun.send(name);
                // For ever, unless it is told that nobody waits any more.
                let mut slices = slices;
                while !slices.gone.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                assert!(slices.next().is_none());
            }
        };
        let mut running = Box::pin(turns.run(slices(1_000), slowly(begun.clone(), "running")));
        tokio::select! {
            _ = &mut running => panic!("it has no end"),
            name = begins.recv() => assert_eq!(name, Some("running")),
        }
        let mut pending = Box::pin(turns.run(slices(1_000), slowly(begun, "pending")));
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut pending).await.is_err());
        drop(pending);
        drop(running);
        let next = turns.run(slices(1_000), |slices| slices.flatten().count());
        let count = tokio::time::timeout(Duration::from_secs(10), next).await;
        assert_eq!(count.expect("its turn comes").expect("the process goes on"), 1_000);
        assert_eq!(begins.recv().await, None, "the one that waited never began");
    }
}
