//! Links the audit logs of a store that does not do so as records are appended: one process at a time, a moment after a record came.
//! Every process sees how long records wait, so that it shows when none does it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    app::dependencies::DependencyWatch,
    clock::Clock,
    coordinator::Coordinator,
    model::{Causes, Workspace},
    stores::{LinkTurn, Linking, Store, StoreError},
    telemetry::metrics::AUDIT_LINK_LAG,
};

/// Between two looks of the process whose turn it is.
const EVERY: Duration = Duration::from_millis(150);
/// How long a turn lasts that is not asked for again: a process that died is followed by then.
const TURN_MILLIS: i64 = 5_000;
/// Records that wait for longer are told of, and again after a while.
const LATE: Duration = Duration::from_secs(10);
const TOLD_EVERY: Duration = Duration::from_secs(600);

pub(super) struct AuditLinks {
    pub(super) log: Arc<dyn Store>,
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dependencies: Arc<DependencyWatch>,
    pub(super) instance: String,
}

/// What was seen of a log.
#[derive(Default)]
struct SeenLog {
    /// The newest record when it was first seen without a link, and when that was.
    goal: Option<(i64, Instant)>,
    /// A place in which nothing of ours is.
    doubted: Option<i64>,
    failed: Option<StoreError>,
    told_at: Option<Instant>,
}

impl AuditLinks {
    /// Links until it is dropped.
    pub(super) async fn run(&self) {
        let mut logs = BTreeMap::<Workspace, SeenLog>::new();
        loop {
            let mut pause = Duration::from_millis(TURN_MILLIS.unsigned_abs());
            for workspace in self.coordinator.workspaces() {
                let log = logs.entry(workspace.clone()).or_default();
                let linked = match self.log.link_audit(&workspace, self.turn(TURN_MILLIS)).await {
                    // Nothing to do, for ever.
                    Ok(None) => return std::future::pending().await,
                    Ok(Some(linking)) => Ok(linking),
                    Err(error) => Err(error),
                };
                pause = pause.min(log.take_in(&workspace, linked, Instant::now()));
            }
            let now = Instant::now();
            let lag = logs.values().map(|log| log.lag(now)).max().unwrap_or_default();
            AUDIT_LINK_LAG.set((), lag.as_secs_f64());
            self.dependencies.doubts_record(logs.values().any(|log| log.doubted.is_some()));
            tokio::time::sleep(pause).await;
        }
    }

    /// Links what is left and has another process go on at once.
    pub(super) async fn leave(&self) {
        for workspace in self.coordinator.workspaces() {
            let left = self.log.link_audit(&workspace, self.turn(0)).await;
            if let Err(error) = left {
                tracing::debug!(error = %Causes(&error), "the audit log's end is linked by another process");
            }
        }
    }

    fn turn(&self, lasts_millis: i64) -> LinkTurn<'_> {
        LinkTurn { by: &self.instance, now: self.clock.store_now(), lasts_millis }
    }
}

impl SeenLog {
    /// Takes in how far the log is linked; says when to look again.
    fn take_in(
        &mut self,
        workspace: &Workspace,
        linked: Result<Linking, StoreError>,
        now: Instant,
    ) -> Duration {
        let mut pause = EVERY;
        match linked {
            Ok(Linking { newest, linked, doubted, others_millis, failed }) => {
                // What another process found is not heard.
                let known = self.doubted.filter(|place| others_millis.is_some() && linked < *place);
                self.doubt(workspace, doubted.or(known));
                // A log that went back has lost the goal.
                if self.goal.is_none_or(|(goal, _)| linked >= goal || newest < goal) {
                    self.goal = (newest > linked).then_some((newest, now));
                }
                self.failed = failed;
                if let Some(millis) = others_millis {
                    pause = pause.max(Duration::from_millis(millis.unsigned_abs()));
                }
            }
            Err(error) => self.failed = Some(error),
        }
        self.tell_if_late(workspace, now);
        pause
    }

    fn doubt(&mut self, workspace: &Workspace, doubted: Option<i64>) {
        if let Some(sequence) = doubted.filter(|_| doubted != self.doubted) {
            tracing::error!(
                workspace = workspace.as_str(),
                sequence,
                advice = "neither it nor any after it gets a link: if the secret key was rotated, give the one before as \
                          MCP_SECRET_KEY_OLD; else somebody else writes to the store, so change its password",
                "a record of the audit log is not of a gateway with this secret key: taskgate audit verify"
            );
        }
        self.doubted = doubted;
    }

    fn tell_if_late(&mut self, workspace: &Workspace, now: Instant) {
        let lag = self.lag(now);
        let was_told = self.told_at.is_some_and(|at| now.saturating_duration_since(at) < TOLD_EVERY);
        if lag <= LATE {
            self.told_at = None;
        } else if !was_told {
            self.told_at = Some(now);
            let error = self.failed.as_ref().map(|error| Causes(error).to_string());
            tracing::error!(
                workspace = workspace.as_str(),
                seconds = lag.as_secs(),
                error,
                advice = "a cut end would not show: look here and in the logs of the other gateways for a store that is full or \
                          slow, and for a record that is not theirs",
                "records of the audit log wait for their links"
            );
        }
    }

    fn lag(&self, now: Instant) -> Duration {
        self.goal.map_or(Duration::ZERO, |(_, since)| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(newest: i64, linked: i64) -> Linking {
        Linking { newest, linked, ..Linking::default() }
    }

    #[test]
    fn records_are_late_from_when_the_first_of_them_was_seen_without_a_link() {
        let (mut log, workspace, begin) = (SeenLog::default(), Workspace::default(), Instant::now());
        let mut lag = |linking, seconds| {
            let now = begin + Duration::from_secs(seconds);
            log.take_in(&workspace, linking, now);
            (log.lag(now).as_secs(), log.told_at.is_some())
        };
        assert_eq!(lag(Ok(seen(7, 7)), 0), (0, false));
        assert_eq!(lag(Ok(seen(8, 7)), 1), (0, false));
        assert_eq!(lag(Ok(seen(9, 7)), 11), (10, false));
        assert_eq!(lag(Err(StoreError::Busy), 12), (11, true));
        assert_eq!(lag(Ok(seen(10, 8)), 13), (0, false), "that one was linked, and a newer was not");
        assert_eq!(lag(Ok(seen(11, 10)), 14), (0, false));
        assert_eq!(lag(Ok(seen(11, 11)), 15), (0, false));
        assert_eq!(lag(Ok(seen(12, 11)), 16), (0, false));
        assert_eq!(lag(Ok(seen(9, 9)), 40), (0, false), "it went back");
    }

    #[test]
    fn what_is_doubted_stays_so_until_it_is_seen_to_be_linked() {
        let (mut log, workspace) = (SeenLog::default(), Workspace::default());
        let mut doubted = |linking| {
            log.take_in(&workspace, Ok(linking), Instant::now());
            log.doubted
        };
        assert_eq!(doubted(Linking { doubted: Some(8), ..seen(9, 7) }), Some(8));
        assert_eq!(doubted(Linking { others_millis: Some(9), ..seen(9, 7) }), Some(8));
        assert_eq!(doubted(Linking { others_millis: Some(9), ..seen(9, 8) }), None);
        assert_eq!(doubted(Linking { doubted: Some(9), ..seen(9, 8) }), Some(9));
        assert_eq!(doubted(seen(9, 9)), None);
    }

    #[test]
    fn who_has_not_the_turn_looks_again_when_it_is_over() {
        let (mut log, workspace) = (SeenLog::default(), Workspace::default());
        let mut pause = |others_millis| {
            log.take_in(&workspace, Ok(Linking { others_millis, ..seen(1, 1) }), Instant::now()).as_millis()
        };
        assert_eq!((pause(None), pause(Some(4_000)), pause(Some(1))), (150, 4_000, 150));
    }
}
