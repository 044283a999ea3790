//! The bell of the dashboard. It says of what kind something changed, to every page that is open, and nothing more: a page
//! fetches itself. What it owes a reader is a set of bits, however slow that is.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering},
};

use dashmap::DashMap;
use tokio::sync::Notify;

use crate::{
    model::{EventKind, UnixMillis, Workspace},
    stores::StoredEvent,
};

/// What a page may be about, each with its word.
const WORDS: [&str; 7] = ["board", "agents", "keys", "health", "usage", "audit", "session"];

/// A set of what pages may be about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Topics(u8);

/// The bell, with everybody who hears it.
pub struct Bell {
    ears: DashMap<u64, Arc<Ear>>,
    next: AtomicU64,
    /// When it last rang for each topic, whoever was there.
    rung_at: [AtomicI64; WORDS.len()],
}

/// What somebody has yet to hear.
#[derive(Debug)]
pub struct Ear {
    workspace: Workspace,
    unheard: AtomicU8,
    has_ended: AtomicBool,
    woken: Notify,
}

/// An ear that hears until this is dropped.
pub struct Listener {
    bell: Arc<Bell>,
    number: u64,
    /// What it has yet to hear.
    pub ear: Arc<Ear>,
}

impl Topics {
    /// Tasks and who holds them.
    pub const BOARD: Self = Self(1);
    /// Agents.
    pub const AGENTS: Self = Self(1 << 1);
    /// Keys.
    pub const KEYS: Self = Self(1 << 2);
    /// What the gateway depends on.
    pub const HEALTH: Self = Self(1 << 3);
    /// Counts of calls.
    pub const USAGE: Self = Self(1 << 4);
    /// The audit log.
    pub const AUDIT: Self = Self(1 << 5);
    /// Sessions of the dashboard: one of them may have ended.
    pub const SESSION: Self = Self(1 << 6);
    /// All of them.
    pub const ALL: Self = Self((1 << WORDS.len()) - 1);

    /// Both sets in one.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without those.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of those are in it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words, with blanks between.
    pub fn words(self) -> String {
        let words: Vec<_> = self.numbers().map(|number| WORDS[number]).collect();
        words.join(" ")
    }

    fn numbers(self) -> impl Iterator<Item = usize> {
        (0..WORDS.len()).filter(move |number| self.0 & (1 << number) != 0)
    }

    /// What an event of that kind is about. Nearly all stand in the audit log too.
    const fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::Task | EventKind::Claim => Self::BOARD.and(Self::AUDIT),
            EventKind::Agent => Self::AGENTS.and(Self::AUDIT),
            EventKind::Key => Self::KEYS.and(Self::SESSION).and(Self::AUDIT),
            EventKind::SignOut => Self::SESSION.and(Self::AUDIT),
            EventKind::Session | EventKind::PullRequest | EventKind::Store | EventKind::Unknown => {
                Self::AUDIT
            }
        }
    }
}

impl Bell {
    /// A bell of a process that starts at `now`: what changed before, nobody here knows.
    pub fn new(now: UnixMillis) -> Arc<Self> {
        let rung_at = std::array::from_fn(|_| AtomicI64::new(now.0));
        Arc::new(Self { ears: DashMap::new(), next: AtomicU64::new(0), rung_at })
    }

    /// Rings for what those events are about.
    pub fn follow(&self, events: &[StoredEvent], now: UnixMillis) {
        let mut changed: Vec<(&Workspace, Topics)> = Vec::new();
        for StoredEvent { workspace, event, .. } in events {
            let topics = Topics::of(event.kind);
            match changed.iter_mut().find(|(known, _)| *known == workspace) {
                Some((_, known)) => *known = known.and(topics),
                None => changed.push((workspace, topics)),
            }
        }
        for (workspace, topics) in changed {
            self.ring(Some(workspace), topics, now);
        }
    }

    /// Rings for those topics, for that tenant or for all.
    pub fn ring(&self, workspace: Option<&Workspace>, topics: Topics, now: UnixMillis) {
        for number in topics.numbers() {
            self.rung_at[number].fetch_max(now.0, Ordering::SeqCst);
        }
        for ear in self.ears.iter().filter(|ear| workspace.is_none_or(|only| ear.workspace == *only)) {
            ear.hear(topics);
        }
    }

    /// Hears the bell from now on, and at once what it rang for since then.
    pub fn listen(self: &Arc<Self>, workspace: Workspace, since: UnixMillis) -> Listener {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let ear = Arc::new(Ear {
            workspace,
            unheard: AtomicU8::new(0),
            has_ended: AtomicBool::new(false),
            woken: Notify::new(),
        });
        // In this order nothing falls between the two.
        self.ears.insert(number, Arc::clone(&ear));
        let is_new = |number: &usize| self.rung_at[*number].load(Ordering::SeqCst) >= since.0;
        let missed = Topics::ALL.without(Topics::SESSION).numbers().filter(is_new);
        ear.hear(Topics(missed.fold(0, |bits, number| bits | (1 << number))));
        Listener { bell: Arc::clone(self), number, ear }
    }
}

impl Ear {
    /// It is to hear of those. Who has heard of them already is not woken again.
    pub fn hear(&self, topics: Topics) {
        let before = self.unheard.fetch_or(topics.0, Ordering::SeqCst);
        if before | topics.0 != before {
            self.woken.notify_one();
        }
    }

    /// What it has yet to hear.
    pub fn unheard(&self) -> Topics {
        Topics(self.unheard.load(Ordering::SeqCst))
    }

    /// Takes those of what it has yet to hear.
    pub fn take(&self, topics: Topics) -> Topics {
        Topics(self.unheard.fetch_and(!topics.0, Ordering::SeqCst) & topics.0)
    }

    /// It hears no more.
    pub fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
        self.woken.notify_one();
    }

    /// Whether it hears no more.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }

    /// Returns once there is more to hear than there was, or an end.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.bell.ears.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Event;

    const STARTED: UnixMillis = UnixMillis(1_000);

    fn event(workspace: &str, kind: EventKind) -> StoredEvent {
        let event = Event::about(kind, "x", "", STARTED);
        StoredEvent { sequence: 1, workspace: Workspace::new(workspace), event }
    }

    #[test]
    fn a_reader_is_owed_each_topic_once_however_often_it_changed() {
        let bell = Bell::new(STARTED);
        let listener = bell.listen(Workspace::new("a"), STARTED.plus(1));
        assert!(listener.ear.unheard().is_empty());
        for _ in 0..1_000 {
            bell.follow(&[event("a", EventKind::Claim), event("b", EventKind::Key)], STARTED.plus(2));
        }
        assert_eq!(listener.ear.take(Topics::ALL).words(), "board audit");
        assert!(listener.ear.unheard().is_empty());
        bell.ring(None, Topics::HEALTH, STARTED.plus(3));
        assert_eq!(listener.ear.take(Topics::ALL), Topics::HEALTH);
        drop(listener);
        assert!(bell.ears.is_empty());
    }

    #[test]
    fn what_changed_between_a_page_and_its_stream_is_heard_at_once() {
        let bell = Bell::new(STARTED);
        let heard = |since| bell.listen(Workspace::new("a"), since).ear.unheard().words();
        assert_eq!(heard(STARTED), "board agents keys health usage audit", "what was before nobody knows");
        bell.follow(&[event("a", EventKind::Task)], STARTED.plus(50));
        assert_eq!(heard(STARTED.plus(50)), "board audit");
        assert_eq!(heard(STARTED.plus(51)), "");
    }

    #[test]
    fn a_key_that_changed_puts_sessions_in_doubt() {
        for kind in [EventKind::Key, EventKind::SignOut] {
            assert!(Topics::of(kind).has(Topics::SESSION), "{kind:?}");
        }
        assert!(!Topics::of(EventKind::Claim).has(Topics::SESSION));
    }
}
