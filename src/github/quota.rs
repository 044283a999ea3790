//! What GitHub still takes of one credential: four requests at once, none while a limit lasts, and the hour's budget, of which work
//! that nobody waits for leaves the last tenth. All of it is known from GitHub's own answers.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use tokio::{
    sync::{Mutex as AsyncMutex, MutexGuard, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Ask, GithubError, Urgency,
    verdict::{Api, Limit, github_now},
    write_pace::WritePace,
};
use crate::net::HttpResponse;

const AT_ONCE: usize = 4;
/// Credentials that something is known of.
const MOST: u64 = 20_000;
/// Longer than any limit lasts: what is forgotten then means nothing any more.
const IDLE: Duration = Duration::from_secs(2 * 3600);
/// GitHub asks for a minute at least where it does not say how long, and for more each time.
const UNSAID: Duration = Duration::from_secs(60);
const MOST_DOUBLINGS: u32 = 4;
/// No answer stops a credential for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The quotas of all credentials that were used lately.
pub(super) struct TokenQuotas(Cache<[u8; 32], Arc<TokenQuota>>);

/// That of one credential.
pub(super) struct TokenQuota {
    slots: Semaphore,
    pace: AsyncMutex<WritePace>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Nothing at all is taken until then.
    paused_until: Option<Instant>,
    /// Limits on the pace, one after the other, for which no time was said.
    unsaid: u32,
    rest: Option<HourBudget>,
    graphql: Option<HourBudget>,
}

/// What is left of an hour's budget.
#[derive(Clone, Copy)]
struct HourBudget {
    most: u64,
    left: u64,
    until: Instant,
}

impl TokenQuotas {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build())
    }

    /// That of the credential with this digest.
    pub(super) fn of(&self, digest: &[u8; 32]) -> Arc<TokenQuota> {
        self.0.get_with_by_ref(digest, || Arc::new(TokenQuota::new()))
    }

    /// What is left to the credential that has the fewest left, of each API's hour.
    pub(super) fn least_left(&self) -> (Option<u64>, Option<u64>) {
        let now = Instant::now();
        let left =
            |budget: Option<HourBudget>| budget.filter(|budget| budget.until > now).map(|budget| budget.left);
        let least = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        self.0.iter().fold((None, None), |(rest, graphql), (_, quota)| {
            let known = quota.known();
            (least(rest, left(known.rest)), least(graphql, left(known.graphql)))
        })
    }
}

impl TokenQuota {
    fn new() -> Self {
        Self { slots: Semaphore::new(AT_ONCE), pace: AsyncMutex::default(), known: Mutex::default() }
    }

    /// A place among the requests that are under way. Waits for it as long as the caller may; a limit that lasts longer is told
    /// at once.
    pub(super) async fn enter(&self, ask: &Ask<'_>, api: Api) -> Result<SemaphorePermit<'_>, GithubError> {
        self.wait(ask, api).await?;
        let slot = timeout_at(ask.deadline, self.slots.acquire()).await.map_err(|_| GithubError::TooSlow)?;
        let slot = slot.expect("nobody closes it");
        // Meanwhile a limit may have been met.
        self.wait(ask, api).await?;
        Ok(slot)
    }

    async fn wait(&self, ask: &Ask<'_>, api: Api) -> Result<(), GithubError> {
        while let Some((until, secondary)) = self.refused_until(ask.urgency, api) {
            wait_until(until, ask.deadline, secondary).await?;
        }
        Ok(())
    }

    /// The turn to write, `pause` after the last one if a pace is kept: writes go out one after the other. The caller notes when
    /// its own goes out, which may be later.
    pub(super) async fn write_turn(
        &self,
        deadline: Instant,
        pause: Option<Duration>,
    ) -> Result<MutexGuard<'_, WritePace>, GithubError> {
        let pace = timeout_at(deadline, self.pace.lock()).await;
        let pace = pace.map_err(|_| GithubError::RateLimited { retry_after_seconds: 1, secondary: true })?;
        if let Some(pause) = pause {
            wait_until(pace.next(Instant::now(), pause), deadline, true).await?;
        }
        Ok(pace)
    }

    /// Until when nothing is sent, and whether that is for the pace.
    fn refused_until(&self, urgency: Urgency, api: Api) -> Option<(Instant, bool)> {
        let now = Instant::now();
        let known = self.known();
        let paused = known.paused_until.filter(|until| *until > now).map(|until| (until, true));
        let budget = match api {
            Api::Rest => known.rest,
            Api::Graphql => known.graphql,
        };
        let reserve = |budget: &HourBudget| if urgency == Urgency::Background { budget.most / 10 } else { 0 };
        let spent = budget.filter(|budget| budget.until > now && budget.left <= reserve(budget));
        paused.or_else(|| spent.map(|budget| (budget.until, false)))
    }

    /// Takes in what an answer says of the budget. `unix_now` is our clock's word, where GitHub's is missing.
    pub(super) fn note(&self, answer: &HttpResponse, api: Api, unix_now: i64) {
        let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
        let resource = answer.header("x-ratelimit-resource").unwrap_or("core");
        let mut known = self.known();
        if answer.status < 400 {
            known.unsaid = 0;
        }
        // A search has a budget of its own.
        if !matches!(resource, "core" | "graphql") {
            return;
        }
        let names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
        if let [Some(most), Some(left), Some(reset)] = names.map(number) {
            let seconds = reset.saturating_sub(github_now(answer, unix_now).unsigned_abs());
            let until = Instant::now() + Duration::from_secs(seconds).min(LONGEST);
            *known.budget(api) = Some(HourBudget { most, left, until });
        }
    }

    /// Takes in that a limit was met.
    pub(super) fn stop(&self, limit: Limit, api: Api) -> GithubError {
        let mut known = self.known();
        let unsaid = UNSAID * (1 << known.unsaid.min(MOST_DOUBLINGS));
        if limit.wait.is_none() {
            known.unsaid += 1;
        }
        let wait = limit.wait.unwrap_or(unsaid).min(LONGEST);
        let until = Instant::now() + wait;
        if limit.secondary {
            known.paused_until = known.paused_until.max(Some(until));
        } else {
            let most = known.budget(api).map_or(0, |budget| budget.most);
            *known.budget(api) = Some(HourBudget { most, left: 0, until });
        }
        limited(wait, limit.secondary)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    const fn budget(&mut self, api: Api) -> &mut Option<HourBudget> {
        match api {
            Api::Rest => &mut self.rest,
            Api::Graphql => &mut self.graphql,
        }
    }
}

fn limited(wait: Duration, secondary: bool) -> GithubError {
    let retry_after_seconds = wait.as_millis().div_ceil(1000).max(1) as u64;
    GithubError::RateLimited { retry_after_seconds, secondary }
}

async fn wait_until(until: Instant, deadline: Instant, secondary: bool) -> Result<(), GithubError> {
    if until > deadline {
        return Err(limited(until.saturating_duration_since(Instant::now()), secondary));
    }
    sleep_until(until).await;
    Ok(())
}
