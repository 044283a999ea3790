//! Filling the mirror, and keeping it up with the stores, whoever writes to them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use dashmap::DashMap;
use tokio::sync::{OnceCell, watch};

use super::picture::Picture;
use crate::{
    boards::{Boards, Changes, Cursor},
    clock::Clock,
    coordinator::CoordinatorError,
    model::{Claim, ClaimState, EventKind, Moment, StoreMillis, Workspace},
    stores::{ClaimStore, StoredEvent},
};

/// How often the whole board is read, whatever it says has changed.
const WHOLE_EVERY_MILLIS: i64 = 3_600_000;
/// Records put into the picture at a time.
const PART: usize = 256;

/// The mirror of one workspace.
pub struct Mirror {
    picture: Mutex<Picture>,
    filled: OnceCell<()>,
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

    /// When the board was last asked what changed.
    pub fn refreshed_at(&self) -> StoreMillis {
        StoreMillis(self.refreshed_at.load(Ordering::Relaxed))
    }

    /// Where its changes go on from; `None` when the whole board is due.
    fn since(&self, now: StoreMillis) -> Option<Cursor> {
        let whole_at = StoreMillis(self.read_whole_at.load(Ordering::Relaxed));
        let cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        cursor.filter(|_| now < whole_at.plus(WHOLE_EVERY_MILLIS))
    }

    fn was_read(&self, cursor: Cursor, is_whole: bool, now: StoreMillis) {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
        self.refreshed_at.store(now.0, Ordering::Relaxed);
        if is_whole {
            self.read_whole_at.store(now.0, Ordering::Relaxed);
        }
    }
}

/// Tasks whose board was read, and when the reading began.
#[derive(Debug, Default)]
pub struct BoardReading {
    /// Tasks that are there.
    pub found: Vec<String>,
    /// Tasks that are not there any more; their cards stay until they are removed.
    pub gone: Vec<String>,
    /// When.
    pub read_at: StoreMillis,
}

/// The mirrors of all workspaces, each filled when it is first asked for.
pub struct Mirrors {
    by_workspace: DashMap<Workspace, Arc<Mirror>>,
    boards: Arc<Boards>,
    claims: Arc<dyn ClaimStore>,
    clock: Arc<dyn Clock>,
}

impl Mirrors {
    /// Mirrors of those boards and those claims.
    pub fn new(boards: Arc<Boards>, claims: Arc<dyn ClaimStore>, clock: Arc<dyn Clock>) -> Self {
        Self { by_workspace: DashMap::new(), boards, claims, clock }
    }

    /// The mirror of a workspace.
    pub async fn of(&self, workspace: &Workspace) -> Result<Arc<Mirror>, CoordinatorError> {
        let mirror = self.entry(workspace);
        mirror
            .filled
            .get_or_try_init(|| async { self.read_whole(workspace, &mirror).await.map(drop) })
            .await?;
        Ok(mirror)
    }

    /// Reads a workspace anew, whether or not it was read before.
    pub async fn fill(&self, workspace: &Workspace) -> Result<(Arc<Mirror>, BoardReading), CoordinatorError> {
        let mirror = self.entry(workspace);
        let reading = self.read_whole(workspace, &mirror).await?;
        // A call that fills it at the same moment has said so, or will.
        let _ = mirror.filled.set(());
        Ok((mirror, reading))
    }

    fn entry(&self, workspace: &Workspace) -> Arc<Mirror> {
        let known = self.by_workspace.get(workspace).map(|mirror| Arc::clone(&mirror));
        known.unwrap_or_else(|| {
            Arc::clone(&self.by_workspace.entry(workspace.clone()).or_insert_with(|| Arc::new(Mirror::new())))
        })
    }

    /// Workspaces with a filled mirror.
    pub fn filled(&self) -> Vec<(Workspace, Arc<Mirror>)> {
        let filled = self.by_workspace.iter().filter(|entry| entry.filled.initialized());
        filled.map(|entry| (entry.key().clone(), Arc::clone(&entry))).collect()
    }

    /// Reads what changed on the board since it was last asked, and what is held; everything once an hour. The caller looks
    /// at what that means.
    pub async fn refresh(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
    ) -> Result<BoardReading, CoordinatorError> {
        let read_at = self.clock.store_now();
        let Some(since) = mirror.since(read_at) else { return self.read_whole(workspace, mirror).await };
        let changes = self.boards.of(workspace).changes(Some(&since)).await?;
        if changes.is_whole {
            return self.read_whole(workspace, mirror).await;
        }
        let now = self.clock.moment();
        let (held, agents) = mirror.with(|picture| picture.held());
        let changed = changes.tasks.iter().map(|task| task.id.clone());
        let claims: BTreeSet<_> = changed.chain(held).collect();
        in_parts(mirror, changes.tasks, |picture, task| picture.put_task(task, now));
        let stale = Stale { tasks: changes.gone.into_iter().collect(), claims: claims.clone(), agents };
        let mut reading = self.catch_up(workspace, mirror, stale).await?;
        reading.found.extend(claims);
        reading.read_at = read_at;
        mirror.was_read(changes.cursor, false, now.store);
        Ok(reading)
    }

    /// Reads everything anew: agents first and claims last, as everywhere. What has changed on the board is looked at by the caller.
    pub async fn read_whole(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
    ) -> Result<BoardReading, CoordinatorError> {
        let read_at = self.clock.store_now();
        let agents = self.claims.agents(workspace, None).await?;
        let Changes { tasks, cursor, .. } = self.boards.of(workspace).changes(None).await?;
        let claims = self.claims.claims(workspace, None).await?;
        let now = self.clock.moment();
        mirror.was_read(cursor, true, now.store);
        let here: BTreeSet<_> = tasks.iter().map(|task| task.id.clone()).collect();
        let found = claims.iter().map(|claim| claim.task_id.clone()).filter(|id| here.contains(id)).collect();
        let is_orphan = |claim: &&Claim| claim.state == ClaimState::Live && !here.contains(&claim.task_id);
        let orphans: BTreeSet<_> =
            claims.iter().filter(is_orphan).map(|claim| claim.task_id.clone()).collect();
        let known = mirror.with(|picture| {
            for agent in &agents {
                picture.learn(&agent.profile, now);
            }
            picture.ids()
        });
        let missing = known.iter().filter(|id| !here.contains(&***id)).map(ToString::to_string);
        let mut missing: BTreeSet<_> = missing.collect();
        // A few at a time, so that no call waits for all of them.
        in_parts(mirror, tasks, |picture, task| picture.put_task(task, now));
        in_parts(mirror, claims, |picture, claim| picture.put_claim(claim, now));
        in_parts(mirror, agents, |picture, agent| picture.put_agent(agent, now));
        missing.extend(orphans);
        // A task may have been made after the board was read; one that is missing again is gone.
        let gone = if missing.is_empty() {
            Vec::new()
        } else {
            self.reread_tasks(workspace, mirror, missing.into_iter().collect()).await?.gone
        };
        Ok(BoardReading { found, gone, read_at })
    }

    /// Brings a mirror up with events, whoever caused them. Answers the tasks of which the board was read.
    pub async fn follow(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        events: &[StoredEvent],
    ) -> Result<BoardReading, CoordinatorError> {
        let now = self.clock.moment();
        let stale = mirror.with(|picture| stale(picture, workspace, events, now));
        self.catch_up(workspace, mirror, stale).await
    }

    /// Reads these records anew.
    pub async fn reread(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        agents: Vec<String>,
        claims: Vec<String>,
    ) -> Result<(), CoordinatorError> {
        let stale = Stale { tasks: BTreeSet::new(), claims: claims.into_iter().collect(), agents };
        self.catch_up(workspace, mirror, stale).await.map(drop)
    }

    /// Reads these tasks of the board anew, with the claims on them.
    pub async fn reread_tasks(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        tasks: Vec<String>,
    ) -> Result<BoardReading, CoordinatorError> {
        let tasks: BTreeSet<_> = tasks.into_iter().collect();
        let stale = Stale { claims: tasks.clone(), tasks, agents: Vec::new() };
        self.catch_up(workspace, mirror, stale).await
    }

    /// Agents are read first and claims last, and put into the picture the other way round: a record of an agent is never
    /// newer than what the picture has of the claim it names.
    async fn catch_up(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        stale: Stale,
    ) -> Result<BoardReading, CoordinatorError> {
        let Stale { mut tasks, mut claims, agents } = stale;
        let read_at = self.clock.store_now();
        let agents =
            if agents.is_empty() { Vec::new() } else { self.claims.agents(workspace, Some(agents)).await? };
        // What an agent holds belongs to its record, even if nothing was heard of that claim yet.
        let held = agents.iter().filter_map(|agent| agent.held.as_ref());
        claims.extend(held.map(|held| held.task_id.clone()));
        mirror.with(|picture| tasks.extend(claims.iter().filter(|id| !picture.knows(id)).cloned()));
        let mut found = HashMap::new();
        if !tasks.is_empty() {
            let ids: Vec<_> = tasks.iter().cloned().collect();
            let read = self.boards.of(workspace).tasks(&ids).await?;
            found.extend(read.into_iter().map(|task| (task.id.clone(), task)));
        }
        let (here, gone) = tasks.into_iter().partition(|id| found.contains_key(id));
        let claims = if claims.is_empty() {
            Vec::new()
        } else {
            self.claims.claims(workspace, Some(claims.into_iter().collect())).await?
        };
        let now = self.clock.moment();
        mirror.with(|picture| {
            // A task that is gone keeps its card until what it held was looked at.
            for task in found.into_values() {
                picture.put_task(task, now);
            }
            for claim in claims {
                picture.put_claim(claim, now);
            }
            for agent in agents {
                picture.put_agent(agent, now);
            }
        });
        Ok(BoardReading { found: here, gone, read_at })
    }
}

fn in_parts<T>(mirror: &Mirror, items: Vec<T>, mut put: impl FnMut(&mut Picture, T)) {
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() {
        mirror.with(|picture| items.by_ref().take(PART).for_each(|item| put(picture, item)));
    }
}

#[derive(Default)]
struct Stale {
    tasks: BTreeSet<String>,
    claims: BTreeSet<String>,
    agents: Vec<String>,
}

/// What of the events the picture does not know yet.
fn stale(picture: &Picture, workspace: &Workspace, events: &[StoredEvent], now: Moment) -> Stale {
    let mut stale = Stale::default();
    let mut agents = BTreeSet::new();
    for event in events.iter().filter(|event| event.workspace == *workspace).map(|stored| &stored.event) {
        let card = picture.card(&event.subject, now);
        let knows_task = card.as_ref().is_some_and(|card| card.task.updated_at.0 >= event.version);
        let claim = card.as_ref().and_then(|card| card.claim.as_ref());
        match event.kind {
            EventKind::Task if event.version > 0 && knows_task => {}
            EventKind::Task => {
                stale.tasks.insert(event.subject.clone());
                stale.claims.insert(event.subject.clone());
            }
            EventKind::Claim if claim.is_some_and(|claim| claim.version >= event.version) => {}
            EventKind::Claim => {
                stale.claims.insert(event.subject.clone());
            }
            EventKind::Agent if picture.agent(&event.subject).is_some_and(|a| a.version >= event.version) => {
            }
            EventKind::Agent => {
                agents.insert(event.subject.clone());
            }
            EventKind::Key | EventKind::Session | EventKind::Unknown => {}
        }
    }
    stale.agents = agents.into_iter().collect();
    stale
}
