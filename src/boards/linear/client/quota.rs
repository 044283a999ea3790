//! What Linear still takes of the credential. Reading that nobody waits for leaves the last tenth of the hour's budget to people; a
//! limit that was met stops everything until it ends; writes go out one after the other.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Mutex as AsyncMutex, MutexGuard, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until, timeout_at},
};

use super::{answer::linear_now, error::LinearError};
use crate::{
    github::Urgency,
    model::UnixMillis,
    net::HttpResponse,
    telemetry::metrics::{QuotaApi, UPSTREAM_QUOTA_LEFT, Upstream},
};

const AT_ONCE: usize = 4;
/// No budget is taken for spent for longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// The budget of one credential.
pub(super) struct LinearQuota {
    slots: Semaphore,
    /// When the last write was over.
    pace: AsyncMutex<Option<Instant>>,
    known: Mutex<KnownBudgets>,
}

#[derive(Default)]
struct KnownBudgets {
    /// Nothing is taken until then.
    stopped_until: Option<Instant>,
    /// Requests, and points of complexity.
    budgets: [Option<HourShare>; 2],
}

#[derive(Clone, Copy)]
struct HourShare {
    most: f64,
    left: f64,
    until: Instant,
}

impl LinearQuota {
    pub(super) fn new() -> Self {
        Self { slots: Semaphore::new(AT_ONCE), pace: AsyncMutex::default(), known: Mutex::default() }
    }

    /// A place among the requests that are under way, unless a limit lasts: that is told at once, by the clock that shows `now`.
    pub(super) async fn enter(
        &self,
        urgency: Urgency,
        deadline: Instant,
        now: UnixMillis,
    ) -> Result<SemaphorePermit<'_>, LinearError> {
        self.refuse(urgency, now)?;
        let slot = timeout_at(deadline, self.slots.acquire()).await.map_err(|_| LinearError::TooSlow)?;
        // Meanwhile a limit may have been met.
        self.refuse(urgency, now)?;
        Ok(slot.expect("nobody closes it"))
    }

    fn refuse(&self, urgency: Urgency, now: UnixMillis) -> Result<(), LinearError> {
        let instant = Instant::now();
        self.refused_until(urgency, instant).map_or(Ok(()), |until| {
            let millis = i64::try_from((until - instant).as_millis()).unwrap_or(i64::MAX);
            Err(LinearError::RateLimited { until: now.plus(millis) })
        })
    }

    /// Until when nothing is sent.
    fn refused_until(&self, urgency: Urgency, now: Instant) -> Option<Instant> {
        let known = self.known();
        let reserve =
            |budget: &HourShare| if urgency == Urgency::Background { budget.most / 10.0 } else { 0.0 };
        let is_spent = |budget: &&HourShare| budget.left <= reserve(budget);
        let spent = known.budgets.iter().flatten().filter(is_spent).map(|budget| budget.until);
        spent.chain(known.stopped_until).filter(|until| *until > now).max()
    }

    /// The turn to write, `pause` after the last one.
    pub(super) async fn write_turn(
        &self,
        deadline: Instant,
        pause: Duration,
    ) -> Result<MutexGuard<'_, Option<Instant>>, LinearError> {
        let turn = timeout_at(deadline, self.pace.lock()).await.map_err(|_| LinearError::TooSlow)?;
        if let Some(last) = *turn {
            sleep_until(last + pause).await;
        }
        Ok(turn)
    }

    /// Takes in what an answer says of the budgets, at a moment of our clock.
    pub(super) fn note(&self, answer: &HttpResponse, now: UnixMillis) {
        let number = |name: &str| answer.header(name)?.trim().parse::<f64>().ok();
        let theirs = linear_now(answer, now);
        let mut known = self.known();
        for (budget, of) in known.budgets.iter_mut().zip(["requests", "complexity"]) {
            let names = ["limit", "remaining", "reset"].map(|what| format!("x-ratelimit-{of}-{what}"));
            if let [Some(most), Some(left), Some(reset)] = names.map(|name| number(&name)) {
                let millis = (reset as i64).saturating_sub(theirs.0).max(0).unsigned_abs();
                let until = Instant::now() + Duration::from_millis(millis).min(LONGEST);
                *budget = Some(HourShare { most, left, until });
                if of == "requests" {
                    UPSTREAM_QUOTA_LEFT.set((Upstream::Linear, QuotaApi::Graphql), left);
                }
            }
        }
    }

    /// Takes in that a limit was met which ends then.
    pub(super) fn stop(&self, until: UnixMillis, now: UnixMillis) {
        let millis = until.0.saturating_sub(now.0).max(0).unsigned_abs();
        let until = Instant::now() + Duration::from_millis(millis).min(LONGEST);
        let mut known = self.known();
        known.stopped_until = known.stopped_until.max(Some(until));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, KnownBudgets> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn answer(left: u64) -> HttpResponse {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-ratelimit-requests-limit", 2_500.into());
        headers.insert("x-ratelimit-requests-remaining", left.into());
        headers.insert("x-ratelimit-requests-reset", (NOW.0 + 60_000).into());
        HttpResponse { status: 200, headers, body: Vec::new() }
    }

    #[test]
    fn the_last_tenth_is_left_to_people_until_the_hour_is_over() {
        let quota = LinearQuota::new();
        let refused = |urgency, seconds| {
            let at = Instant::now() + Duration::from_secs(seconds);
            quota.refused_until(urgency, at).is_some()
        };
        quota.note(&answer(251), NOW);
        assert!(!refused(Urgency::Background, 0));
        quota.note(&answer(250), NOW);
        assert!(refused(Urgency::Background, 0) && !refused(Urgency::Person, 0));
        quota.note(&answer(0), NOW);
        assert!(refused(Urgency::Person, 59) && !refused(Urgency::Background, 61));
        quota.note(&answer(2_000), NOW);
        quota.stop(NOW.plus(5_000), NOW);
        assert!(refused(Urgency::Person, 4) && !refused(Urgency::Person, 6));
    }
}
