//! Discussions that were read, each for the token it was read with and no other. A fresh one is given again as it is; an
//! older one is made new first. Who asks for what is being read already waits for that; a failure is kept for nobody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use moka::sync::Cache;

use super::{
    discussion::{Discussion, Halt},
    position::ReadingPlace,
    reading::{Plan, Source, freshen, read},
};
use crate::{clock::Clock, github::GithubError, model::StoreMillis};

/// How long a discussion is given again without a look at GitHub.
const FRESH_MILLIS: i64 = 15_000;
/// How long it is kept, and made new by what changed alone. What a light query cannot see, such as the edit of an early
/// comment of a very long thread, is seen after that.
const KEPT: Duration = Duration::from_secs(300);
/// Bytes that are kept, roughly.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Pull requests of which it is remembered that something changed, or that somebody may read them.
const MOST_NOTED: u64 = 20_000;

/// What a discussion is kept under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ReadingKey {
    /// Digest of the token.
    token: [u8; 32],
    /// The pull request, folded.
    of: Arc<str>,
    plan: Plan,
}

impl ReadingKey {
    pub(super) fn new(source: &Source, plan: Plan) -> Self {
        Self { token: *source.credential.digest(), of: source.address.folded().into(), plan }
    }
}

/// A discussion with the times that decide what it is good for.
#[derive(Debug)]
struct KeptReading {
    discussion: Arc<Discussion>,
    /// When the last look at GitHub began.
    looked_at: StoreMillis,
    /// When it was read as a whole.
    read_at: StoreMillis,
}

type ReadingOutcome = Result<Arc<Discussion>, Arc<GithubError>>;
type Flight = Shared<BoxFuture<'static, ReadingOutcome>>;
type WeakFlight = WeakShared<BoxFuture<'static, ReadingOutcome>>;

/// The cache. Cloning shares it.
#[derive(Clone)]
pub(super) struct Readings {
    clock: Arc<dyn Clock>,
    kept: Cache<ReadingKey, Arc<KeptReading>>,
    /// Readings under way. Each is driven by whoever waits for it, and ends with the last of them.
    flights: Arc<Mutex<HashMap<ReadingKey, WeakFlight>>>,
    /// When something is known to have changed, by pull request.
    changed: Cache<Arc<str>, StoreMillis>,
    /// When a token last read a pull request.
    readers: Cache<([u8; 32], Arc<str>), StoreMillis>,
}

impl Readings {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let weight = |_: &ReadingKey, kept: &Arc<KeptReading>| {
            u32::try_from(kept.discussion.bytes()).unwrap_or(u32::MAX)
        };
        Self {
            clock,
            kept: Cache::builder().max_capacity(MOST_BYTES).weigher(weight).time_to_live(KEPT).build(),
            flights: Arc::default(),
            changed: Cache::builder().max_capacity(MOST_NOTED).time_to_live(2 * KEPT).build(),
            readers: Cache::builder().max_capacity(MOST_NOTED).time_to_live(KEPT).build(),
        }
    }

    /// The discussion under that key: as it is kept, made new, or read.
    pub(super) async fn get(&self, key: ReadingKey, source: Source) -> ReadingOutcome {
        match self.kept.get(&key) {
            Some(kept) if self.is_fresh(&key.of, kept.looked_at) => Ok(Arc::clone(&kept.discussion)),
            _ => self.flight(key, source).await,
        }
    }

    /// Whether there is one under that key, however old.
    pub(super) fn holds(&self, key: &ReadingKey) -> bool {
        self.kept.contains_key(key)
    }

    /// Whether that token read that pull request just now: whoever asks counts from then on how long that is good for.
    pub(super) fn was_read_by(&self, token: [u8; 32], of: Arc<str>) -> bool {
        let at = self.readers.get(&(token, of));
        at.is_some_and(|at| self.clock.store_now().since(at) < FRESH_MILLIS)
    }

    /// Takes note that this token reads that pull request.
    pub(super) fn note_reader(&self, token: [u8; 32], of: Arc<str>) {
        self.readers.insert((token, of), self.clock.store_now());
    }

    /// From now on nothing of that pull request is fresh.
    pub(super) fn invalidate(&self, of: Arc<str>) {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| key.of != of);
        self.changed.insert(of, self.clock.store_now());
    }

    fn is_fresh(&self, of: &Arc<str>, looked_at: StoreMillis) -> bool {
        let is_young = self.clock.store_now().since(looked_at) < FRESH_MILLIS;
        is_young && self.changed.get(of).is_none_or(|changed| changed < looked_at)
    }

    /// The reading under way under that key, or a new one.
    fn flight(&self, key: ReadingKey, source: Source) -> Flight {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key).and_then(WeakFlight::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.upgrade().is_some());
        let (readings, of_key) = (self.clone(), key.clone());
        let flight = async move { readings.look(of_key, source).await }.boxed().shared();
        flights.insert(key, flight.downgrade().expect("it has not ended: nobody has waited for it"));
        flight
    }

    async fn look(&self, key: ReadingKey, source: Source) -> ReadingOutcome {
        let began = self.clock.store_now();
        let outcome = self.look_at_github(&key, &source, began).await;
        if outcome.is_ok() {
            self.note_reader(key.token, Arc::clone(&key.of));
        }
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        outcome
    }

    async fn look_at_github(&self, key: &ReadingKey, source: &Source, began: StoreMillis) -> ReadingOutcome {
        // The light query tells of all threads: of what was read from a later place on it cannot tell what belongs to it.
        let is_whole =
            |discussion: &Discussion| discussion.rest.is_none() && discussion.begun_at == ReadingPlace::START;
        let known = self
            .kept
            .get(key)
            .filter(|kept| is_whole(&kept.discussion) && began.since(kept.read_at) < KEPT.as_millis() as i64);
        if let Some(known) = known
            && let Some(discussion) = freshen(source, &key.plan, &known.discussion).await?
        {
            let kept =
                KeptReading { discussion: Arc::clone(&discussion), looked_at: began, read_at: known.read_at };
            self.kept.insert(key.clone(), Arc::new(kept));
            return Ok(discussion);
        }
        let discussion = read(source, &key.plan).await?;
        let failed = discussion.rest.as_ref().is_some_and(|rest| matches!(rest.halt, Halt::Failed(_)));
        if !failed {
            let kept = KeptReading { discussion: Arc::clone(&discussion), looked_at: began, read_at: began };
            self.kept.insert(key.clone(), Arc::new(kept));
        }
        Ok(discussion)
    }
}
