//! Filling the mirror, and keeping it up with the stores, whoever writes to them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use dashmap::DashMap;

use super::{
    reading::{BoardReading, Stale, Unread, stale},
    uncertain::StoreAbsence,
    workspace::{Mirror, Records},
};
use crate::{
    boards::{Board, Boards, Changes, Cursor, answer_in_time},
    clock::Clock,
    coordinator::CoordinatorError,
    model::{Causes, Claim, ClaimState, StoreMillis, Task, Workspace},
    stores::{ClaimStore, StoredEvent},
};

/// How long a call waits for the first reading of a board that somebody else keeps.
const FIRST_READING: Duration = Duration::from_secs(8);

/// The mirrors of all workspaces, each filled when it is first asked for.
pub struct Mirrors {
    by_workspace: DashMap<Workspace, Arc<Mirror>>,
    boards: Arc<Boards>,
    claims: Arc<dyn ClaimStore>,
    clock: Arc<dyn Clock>,
    pub(in crate::coordinator) absence: StoreAbsence,
}

impl Mirrors {
    /// Mirrors of those boards and those claims.
    pub fn new(boards: Arc<Boards>, claims: Arc<dyn ClaimStore>, clock: Arc<dyn Clock>) -> Self {
        Self { by_workspace: DashMap::new(), boards, claims, clock, absence: StoreAbsence::default() }
    }

    /// The mirror of a workspace. Nobody waits long for one whose board cannot be read.
    pub async fn of(&self, workspace: &Workspace) -> Result<Arc<Mirror>, CoordinatorError> {
        let mirror = self.entry(workspace);
        if mirror.filled.initialized() {
            self.absence.is_short()?;
            return Ok(mirror);
        }
        let about = self.boards.of(workspace).describe();
        if about.is_remote() {
            let filled = tokio::time::timeout(FIRST_READING, self.fill_once(workspace, &mirror)).await;
            filled.map_err(|_| CoordinatorError::BoardLoading(about.place()))??;
        } else {
            self.fill_once(workspace, &mirror).await?;
        }
        Ok(mirror)
    }

    async fn fill_once(&self, workspace: &Workspace, mirror: &Mirror) -> Result<(), CoordinatorError> {
        if let Some(failure) = mirror.pace.left_alone_for(self.clock.store_now()) {
            return Err(failure.into());
        }
        let _turn = mirror.turn.lock().await;
        if !mirror.filled.initialized() {
            self.read_whole(workspace, mirror).await?;
            let _ = mirror.filled.set(());
        }
        Ok(())
    }

    /// Reads a workspace anew, whether or not it was read before.
    pub async fn fill(&self, workspace: &Workspace) -> Result<(Arc<Mirror>, BoardReading), CoordinatorError> {
        let mirror = self.entry(workspace);
        let turn = mirror.turn.lock().await;
        let reading = self.read_whole(workspace, &mirror).await?;
        let _ = mirror.filled.set(());
        drop(turn);
        Ok((mirror, reading))
    }

    /// The mirror of a workspace if its board was read once.
    pub fn known(&self, workspace: &Workspace) -> Option<Arc<Mirror>> {
        let known = self.by_workspace.get(workspace).map(|mirror| Arc::clone(&mirror));
        known.filter(|mirror| mirror.filled.initialized())
    }

    /// The mirror of a workspace, filled or not.
    pub fn entry(&self, workspace: &Workspace) -> Arc<Mirror> {
        let known = self.by_workspace.get(workspace).map(|mirror| Arc::clone(&mirror));
        let new = || {
            let mirror = Arc::new(Mirror::new());
            // Of the others nobody asks.
            if *workspace == Workspace::default() && self.boards.of(workspace).describe().is_remote() {
                mirror.knows_no_told_claims();
            }
            mirror
        };
        known.unwrap_or_else(|| Arc::clone(&self.by_workspace.entry(workspace.clone()).or_insert_with(new)))
    }

    /// Whether a picture was read in an earlier term of the store.
    pub fn are_outdated(&self) -> bool {
        self.filled().iter().any(|(workspace, mirror)| mirror.term() != self.claims.term(workspace))
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
        let board = self.boards.of(workspace);
        let Some(since) = mirror.since(read_at, board.whole_every()) else {
            return self.read_whole(workspace, mirror).await;
        };
        let changes = self.ask(&*board, mirror, Some(&since)).await?;
        if changes.is_whole {
            return self.read_whole(workspace, mirror).await;
        }
        let now = self.clock.moment();
        let (held, agents) = mirror.with(|picture| picture.held());
        let changed: Vec<_> =
            changes.tasks.iter().map(|task| task.id.clone()).chain(changes.gone.iter().cloned()).collect();
        let named = changes.tasks.iter().map(|task| task.id.clone());
        let claims: BTreeSet<_> = named.chain(held).collect();
        mirror.in_parts(changes.tasks, |picture, task| picture.put_task(task, now));
        let mut tasks = std::mem::take(&mut *mirror.unread());
        tasks.extend(changes.gone);
        let stale = Stale { tasks: tasks.clone(), claims: claims.clone(), agents, ..Stale::default() };
        let reading = self.catch_up(workspace, mirror, stale, Unread::Later).await;
        let mut reading = reading.inspect_err(|_| mirror.unread().extend(tasks))?;
        reading.found.extend(claims);
        (reading.read_at, reading.changed) = (read_at, changed);
        mirror.was_read(changes.cursor, false, now.store);
        Ok(reading)
    }

    /// Leaves what changed on the board to another process, which tells of it; reads what is held, and what could not be read when
    /// it was told.
    pub async fn leave_to_another(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
    ) -> Result<BoardReading, CoordinatorError> {
        let (held, agents) = mirror.with(|picture| picture.held());
        let tasks = std::mem::take(&mut *mirror.unread());
        let claims = held.into_iter().collect();
        let stale = Stale { tasks: tasks.clone(), claims, agents, ..Stale::default() };
        let reading = self.catch_up(workspace, mirror, stale, Unread::Later).await;
        let reading = reading.inspect_err(|_| mirror.unread().extend(tasks))?;
        mirror.was_left(self.clock.store_now());
        Ok(reading)
    }

    /// Asks a board what changed, unless it is left alone for a failure.
    async fn ask(
        &self,
        board: &dyn Board,
        mirror: &Mirror,
        since: Option<&Cursor>,
    ) -> Result<Changes, CoordinatorError> {
        if let Some(failure) = mirror.pace.left_alone_for(self.clock.store_now()) {
            return Err(failure.into());
        }
        match board.changes(since).await {
            Ok(changes) => {
                mirror.pace.worked();
                Ok(changes)
            }
            Err(error) => {
                let now = self.clock.moment();
                Err(match CoordinatorError::of_board(board, error, now.wall) {
                    CoordinatorError::Board(failure) => mirror.pace.failed(failure, now).into(),
                    other => other,
                })
            }
        }
    }

    /// Reads everything anew: agents first and claims last, as everywhere. What has changed on the board is looked at by the caller.
    pub async fn read_whole(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
    ) -> Result<BoardReading, CoordinatorError> {
        let read_at = self.clock.store_now();
        let term = self.claims.term(workspace);
        let agents = self.claims.agents(workspace, None).await?;
        let Changes { tasks, cursor, read_at: known_at, .. } =
            self.ask(&*self.boards.of(workspace), mirror, None).await?;
        let read_at = known_at.unwrap_or(read_at);
        let claims = self.claims.claims(workspace, None).await?;
        let now = self.clock.moment();
        mirror.was_read(cursor, true, known_at.unwrap_or(now.store));
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
        let lost = missing.iter().cloned().collect();
        mirror.put_all(Records { term, tasks, missing: lost, claims, agents }, now);
        missing.extend(orphans);
        // A task may have been made after the board was read; one that is missing again is gone.
        let gone = if missing.is_empty() {
            Vec::new()
        } else {
            self.reread_tasks(workspace, mirror, missing.into_iter().collect()).await?.gone
        };
        Ok(BoardReading { found, gone, read_at, ..BoardReading::default() })
    }

    /// Reads all agents and claims anew, and asks the board nothing.
    pub async fn read_records(&self, workspace: &Workspace, mirror: &Mirror) -> Result<(), CoordinatorError> {
        let agents = self.claims.agents(workspace, None).await?;
        let claims = self.claims.claims(workspace, None).await?;
        let now = self.clock.moment();
        mirror.in_parts(claims, |picture, claim| picture.put_claim(claim, now));
        mirror.in_parts(agents, |picture, agent| picture.put_agent(agent, now));
        Ok(())
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
        self.catch_up(workspace, mirror, stale, Unread::Later).await
    }

    /// Reads these records anew.
    pub async fn reread(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        agents: Vec<String>,
        claims: Vec<String>,
    ) -> Result<(), CoordinatorError> {
        let stale = Stale { claims: claims.into_iter().collect(), agents, ..Stale::default() };
        self.catch_up(workspace, mirror, stale, Unread::Fails).await.map(drop)
    }

    /// Reads these tasks of the board anew, with the claims on them.
    pub async fn reread_tasks(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        tasks: Vec<String>,
    ) -> Result<BoardReading, CoordinatorError> {
        let tasks: BTreeSet<_> = tasks.into_iter().collect();
        let stale = Stale { claims: tasks.clone(), tasks, ..Stale::default() };
        self.catch_up(workspace, mirror, stale, Unread::Fails).await
    }

    /// Agents are read first and claims last, and put into the picture the other way round: a record of an agent is never
    /// newer than what the picture has of the claim it names.
    async fn catch_up(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        stale: Stale,
        unread: Unread,
    ) -> Result<BoardReading, CoordinatorError> {
        let Stale { mut tasks, told, mut claims, agents } = stale;
        let mut read_at = self.clock.store_now();
        let agents =
            if agents.is_empty() { Vec::new() } else { self.claims.agents(workspace, Some(agents)).await? };
        // What an agent holds belongs to its record, even if nothing was heard of that claim yet.
        let held = agents.iter().filter_map(|agent| agent.held.as_ref());
        claims.extend(held.map(|held| held.task_id.clone()));
        mirror.with(|picture| tasks.extend(claims.iter().filter(|id| !picture.knows(id)).cloned()));
        let mut found = HashMap::new();
        if !tasks.is_empty() {
            match self.some_tasks(workspace, &tasks, &told).await {
                Ok((read, known_at)) => {
                    read_at = known_at.map_or(read_at, |known_at| read_at.min(known_at));
                    found.extend(read.into_iter().map(|task| (task.id.clone(), task)));
                }
                // What is kept here is followed all the same.
                Err(CoordinatorError::Board(failure)) if unread == Unread::Later => {
                    tracing::debug!(error = %Causes(&failure), "tasks of the board are read later");
                    mirror.unread().append(&mut tasks);
                }
                Err(error) => return Err(error),
            }
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
        Ok(BoardReading { found: here, gone, read_at, ..BoardReading::default() })
    }
}

impl Mirrors {
    /// Those tasks as the board has them now, or, where another process told of them, as it has read them; and when
    /// the oldest of those was read.
    async fn some_tasks(
        &self,
        workspace: &Workspace,
        ids: &BTreeSet<String>,
        told: &BTreeSet<String>,
    ) -> Result<(Vec<Task>, Option<StoreMillis>), CoordinatorError> {
        let board = self.boards.of(workspace);
        let (told, others): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(|id| told.contains(id));
        let failed = |error| CoordinatorError::of_board(&*board, error, self.clock.now());
        let (mut tasks, mut read_at) = (Vec::new(), None);
        if !told.is_empty() {
            (tasks, read_at) = answer_in_time(&*board, board.told_tasks(&told)).await.map_err(failed)?;
        }
        if !others.is_empty() {
            tasks.extend(answer_in_time(&*board, board.tasks(&others)).await.map_err(failed)?);
        }
        Ok((tasks, read_at))
    }
}
