//! What this process needs of others: the store, a board that somebody else keeps, the events of processes beside it. Looked at
//! when somebody asks and every few seconds, in bounded time.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::interval;

use super::{
    audit_head::HeadKept,
    conditions::{
        AUDIT_BROKEN, AUDIT_OK, AUDIT_UNPROVEN, BOARD_NOT_LOADED, BOARD_OK, BOARD_STALE, Condition,
        EVENTS_BEHIND, EVENTS_OK, STORE_OK, STORE_REFUSES_WRITES,
    },
    store_probe::{ProbeAnswer, StoreProbe},
};
use crate::{
    clock::Clock,
    coordinator::Coordinator,
    http::{AuditVerdict, Bell, DependencyState, Readiness, ReadyReport, Topics},
    model::{StoreMillis, UnixMillis, Workspace},
    stores::EventLog,
};

/// Between two looks that nobody asked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long this process may lack an event that it knows to be there.
const FOLLOW_MILLIS: i64 = 2_000;

/// The watch over what this process depends on.
pub struct DependencyWatch {
    probe: StoreProbe,
    coordinator: Arc<Coordinator>,
    clock: Arc<dyn Clock>,
    bell: Arc<Bell>,
    refuses_writes: AtomicBool,
    /// When the store last took a write; zero before the first.
    written_at: AtomicI64,
    audit_head: Mutex<HeadKept>,
    /// Whether the audit log has a record that no process with our keys wrote.
    doubts_record: AtomicBool,
    /// What the last look along the audit log's chain has found.
    verdict: Mutex<AuditVerdict>,
    seen: Mutex<EarlierLooks>,
}

/// What earlier looks have found.
#[derive(Default)]
struct EarlierLooks {
    /// How each dependency stands, and since when.
    conditions: Vec<(&'static Condition, StoreMillis)>,
    /// The place of an event that was not followed yet when it was first seen, and when that was.
    goal: Option<(i64, StoreMillis)>,
}

impl DependencyWatch {
    /// A watch that has seen nothing yet.
    pub(super) fn new(
        events: Arc<dyn EventLog>,
        coordinator: Arc<Coordinator>,
        clock: &Arc<dyn Clock>,
        bell: &Arc<Bell>,
    ) -> Self {
        Self {
            probe: StoreProbe::of(events),
            coordinator,
            clock: Arc::clone(clock),
            bell: Arc::clone(bell),
            refuses_writes: AtomicBool::default(),
            written_at: AtomicI64::default(),
            audit_head: Mutex::default(),
            doubts_record: AtomicBool::default(),
            verdict: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Looks until it is dropped, so that changes are logged and dated though nobody asks.
    pub(super) async fn run(&self) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            self.look().await;
        }
    }

    /// Takes in whether the store took a write.
    pub(super) fn wrote(&self, is_written: bool) {
        self.refuses_writes.store(!is_written, Ordering::Relaxed);
        if is_written {
            self.written_at.store(self.clock.now().0, Ordering::Relaxed);
        }
    }

    /// When the store last took a write of this process's jobs.
    pub(super) fn written_at(&self) -> Option<UnixMillis> {
        let at = self.written_at.load(Ordering::Relaxed);
        (at > 0).then_some(UnixMillis(at))
    }

    /// Takes in what a look along the audit log's chain has found; says what the last one found.
    pub(super) fn followed_audit(&self, verdict: AuditVerdict) -> AuditVerdict {
        std::mem::replace(&mut *self.verdict.lock().unwrap_or_else(PoisonError::into_inner), verdict)
    }

    /// What the last look along the audit log's chain has found.
    pub(super) fn audit_verdict(&self) -> AuditVerdict {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in whether the audit log's head was kept.
    pub(super) fn kept_audit_head(&self, kept: HeadKept) {
        *self.audit_head.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Takes in whether the audit log has a record that no process with our keys wrote.
    pub(super) fn doubts_record(&self, doubts: bool) {
        self.doubts_record.store(doubts, Ordering::Relaxed);
    }

    fn audit(&self) -> &'static Condition {
        if self.audit_verdict().fault.is_some() || self.doubts_record.load(Ordering::Relaxed) {
            return &AUDIT_BROKEN;
        }
        match *self.audit_head.lock().unwrap_or_else(PoisonError::into_inner) {
            HeadKept::Kept => &AUDIT_OK,
            HeadKept::Unproven => &AUDIT_UNPROVEN,
            HeadKept::Broken => &AUDIT_BROKEN,
        }
    }

    fn store(&self, answer: ProbeAnswer) -> &'static Condition {
        match answer {
            Err(condition) => condition,
            Ok(_) if self.refuses_writes.load(Ordering::Relaxed) => &STORE_REFUSES_WRITES,
            Ok(_) => &STORE_OK,
        }
    }

    /// The board, if somebody else keeps it, and how old the picture of it is.
    fn board(&self) -> (Option<&'static Condition>, Option<u64>) {
        let workspace = Workspace::default();
        let board = self.coordinator.board_state(&workspace);
        if !board.about.is_remote() {
            return (None, None);
        }
        let condition = match board.refreshed_seconds_ago {
            None => &BOARD_NOT_LOADED,
            Some(_) if self.coordinator.board_answers(&workspace) => &BOARD_OK,
            Some(_) => &BOARD_STALE,
        };
        (Some(condition), board.refreshed_seconds_ago)
    }
}

impl EarlierLooks {
    /// Whether the log is followed. A place that is only just there counts as followed until it had its time.
    fn events(&mut self, last: i64, place: Option<i64>, now: StoreMillis) -> &'static Condition {
        if place.is_some_and(|place| place >= self.goal.map_or(last, |(goal, _)| goal)) {
            self.goal = place.filter(|place| *place < last).map(|_| (last, now));
            return &EVENTS_OK;
        }
        let (_, since) = *self.goal.get_or_insert((last, now));
        if now.since(since) < FOLLOW_MILLIS { &EVENTS_OK } else { &EVENTS_BEHIND }
    }

    /// Takes in how a dependency stands; a change is logged.
    fn stands(&mut self, condition: &'static Condition, now: StoreMillis) -> DependencyState {
        let known = self.conditions.iter_mut().find(|(known, _)| known.name == condition.name);
        let since = match known {
            Some((known, since)) => {
                if known.state != condition.state {
                    condition.log(known, now.since(*since));
                    (*known, *since) = (condition, now);
                }
                *since
            }
            None => {
                self.conditions.push((condition, now));
                now
            }
        };
        DependencyState {
            name: condition.name,
            state: condition.state,
            for_seconds: now.since(since).max(0).unsigned_abs() / 1000,
            advice: condition.advice,
        }
    }
}

#[async_trait]
impl Readiness for DependencyWatch {
    async fn look(&self) -> ReadyReport {
        let answer = self.probe.ask().await;
        let (store, (board, board_age_seconds)) = (self.store(answer), self.board());
        let now = self.clock.store_now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let events = answer.ok().map(|last| seen.events(last, self.coordinator.followed_place(), now));
        let found: Vec<_> = [Some(store), board, events, Some(self.audit())].into_iter().flatten().collect();
        let before: Vec<_> = seen.conditions.iter().map(|(known, _)| known.state).collect();
        let dependencies = found.iter().map(|condition| seen.stands(condition, now)).collect();
        let is_as_before = seen.conditions.iter().map(|(known, _)| known.state).eq(before);
        drop(seen);
        if !is_as_before {
            self.bell.ring(None, Topics::HEALTH, self.clock.now());
        }
        let problem = found.iter().find_map(|condition| condition.problem);
        ReadyReport { problem, dependencies, board_age_seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_behind_once_one_that_is_there_was_not_followed_for_two_seconds() {
        let mut seen = EarlierLooks::default();
        let mut state = |last, place, at| seen.events(last, place, StoreMillis(at)).state;
        assert_eq!(state(7, Some(7), 0), "ok");
        // New ones come all the time, and each is followed a moment later.
        for (last, at) in (8..40).zip((0..).step_by(1_000)) {
            assert_eq!(state(last, Some(last - 1), at), "ok", "{last}");
        }
        assert_eq!(state(40, Some(39), 50_000), "ok");
        assert_eq!(state(41, Some(39), 51_900), "ok");
        assert_eq!(state(42, Some(39), 52_000), "behind");
        assert_eq!(state(42, None, 53_000), "behind");
        assert_eq!(state(42, Some(42), 53_001), "ok");
    }

    #[test]
    fn a_condition_is_dated_from_the_look_that_found_it_first() {
        let mut seen = EarlierLooks::default();
        let mut stands = |condition, at| {
            let state = seen.stands(condition, StoreMillis(at));
            (state.state, state.for_seconds, state.advice.is_some())
        };
        assert_eq!(stands(&STORE_OK, 1_000), ("ok", 0, false));
        assert_eq!(stands(&BOARD_STALE, 2_000), ("stale", 0, true));
        assert_eq!(stands(&STORE_OK, 9_999), ("ok", 8, false));
        assert_eq!(stands(&STORE_REFUSES_WRITES, 10_000), ("refuses_writes", 0, true));
        assert_eq!(stands(&BOARD_STALE, 12_000), ("stale", 10, true));
        assert_eq!(stands(&STORE_OK, 20_000), ("ok", 0, false));
    }
}
