//! The mirror of one workspace: its picture, and how far and how well its board was read.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OnceCell, watch};

use super::{picture::Picture, reading::ReadPace};
use crate::{
    boards::Cursor,
    model::{Agent, Claim, Moment, StoreMillis, StoreTerm, Task},
};

/// Records put into the picture at a time.
const PART: usize = 256;

/// All that a workspace has, as it was read.
pub(super) struct Records {
    /// In which term of the store.
    pub(super) term: StoreTerm,
    pub(super) tasks: Vec<Task>,
    /// Ids of those that were known and are not among them. The caller looks for each by itself.
    pub(super) missing: Vec<String>,
    pub(super) claims: Vec<Claim>,
    pub(super) agents: Vec<Agent>,
}

/// The mirror of one workspace.
pub struct Mirror {
    picture: Mutex<Picture>,
    pub(super) filled: OnceCell<()>,
    /// One reading of the whole board at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) pace: ReadPace,
    /// Tasks that the board could not be asked for; they are asked for with its next changes.
    unread: Mutex<BTreeSet<String>>,
    freed: watch::Sender<u64>,
    refreshed_at: AtomicI64,
    read_whole_at: AtomicI64,
    /// Where the board's changes go on from, once it was read.
    cursor: Mutex<Option<Cursor>>,
}

impl Mirror {
    pub(in crate::coordinator) fn new() -> Self {
        Self {
            picture: Mutex::default(),
            filled: OnceCell::new(),
            turn: tokio::sync::Mutex::default(),
            pace: ReadPace::default(),
            unread: Mutex::default(),
            freed: watch::Sender::new(0),
            refreshed_at: AtomicI64::new(0),
            read_whole_at: AtomicI64::new(0),
            cursor: Mutex::default(),
        }
    }

    /// Looks at or changes the picture; wakes who waits for a task if one has become free.
    pub fn with<T>(&self, work: impl FnOnce(&mut Picture) -> T) -> T {
        let mut picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner);
        let result = work(&mut picture);
        let freed = picture.take_became_ready();
        drop(picture);
        if freed {
            self.freed.send_modify(|count| *count = count.wrapping_add(1));
        }
        result
    }

    /// Changes whenever a task has become free.
    pub fn freed(&self) -> watch::Receiver<u64> {
        self.freed.subscribe()
    }

    /// When the board was last asked what changed, by this process or another one.
    pub fn refreshed_at(&self) -> StoreMillis {
        StoreMillis(self.refreshed_at.load(Ordering::Relaxed))
    }

    /// Whether the board is left alone at that moment, since it could not be read.
    pub fn is_left_alone(&self, now: StoreMillis) -> bool {
        self.pace.left_alone_for(now).is_some()
    }

    /// Whether the board could not be read when it was last asked.
    pub fn is_out_of_reach(&self) -> bool {
        self.pace.has_failed_after(self.refreshed_at())
    }

    pub(super) fn unread(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where its changes go on from; `None` when the whole board is due, as it is after `every`.
    pub(in crate::coordinator) fn since(&self, now: StoreMillis, every: Duration) -> Option<Cursor> {
        let whole_at = StoreMillis(self.read_whole_at.load(Ordering::Relaxed));
        let cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let every_millis = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        cursor.filter(|_| now < whole_at.plus(every_millis))
    }

    pub(super) fn was_read(&self, cursor: Cursor, is_whole: bool, now: StoreMillis) {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
        self.refreshed_at.store(now.0, Ordering::Relaxed);
        if is_whole {
            self.read_whole_at.store(now.0, Ordering::Relaxed);
        }
    }

    /// Notes that another process asks the board what changed.
    pub(super) fn was_left(&self, now: StoreMillis) {
        self.refreshed_at.store(now.0, Ordering::Relaxed);
    }

    /// In which term of the store it was read.
    pub(super) fn term(&self) -> StoreTerm {
        self.with(|picture| picture.term)
    }

    /// Takes all records there are. Of another term of the store they count whether or not they are older than what was known: it may have
    /// gone back.
    pub(super) fn put_all(&self, records: Records, now: Moment) {
        let Records { term, tasks, missing, claims, agents } = records;
        // A few at a time, so that no call waits for all of them.
        if self.with(|picture| picture.term == term) {
            self.in_parts(tasks, |picture, task| picture.put_task(task, now));
            self.in_parts(claims, |picture, claim| picture.put_claim(claim, now));
            self.in_parts(agents, |picture, agent| picture.put_agent(agent, now));
            return;
        }
        // A card that stayed would keep a claim that nothing can end, as the store knows of neither.
        self.in_parts(missing, |picture, id| picture.remove_task(&id, now));
        let claims = claims.into_iter().map(|claim| (claim.task_id.clone(), claim));
        let mut claims: HashMap<_, _> = claims.collect();
        self.in_parts(tasks, |picture, task| {
            let claim = claims.remove(&task.id);
            picture.replace_card(task, claim, now);
        });
        self.in_parts(claims.into_values().collect(), |picture, claim| picture.put_claim(claim, now));
        self.with(|picture| {
            picture.replace_agents(agents, now);
            // Only now may anything be decided on it.
            picture.term = term;
        });
    }

    /// Puts so many items into the picture, a few at a time.
    pub(super) fn in_parts<T>(&self, items: Vec<T>, mut put: impl FnMut(&mut Picture, T)) {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.with(|picture| items.by_ref().take(PART).for_each(|item| put(picture, item)));
        }
    }
}
