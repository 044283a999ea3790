//! Settling with a server that is new. All processes say what they know; nothing is decided until each has put back what it had to, or was
//! waited for long enough.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use redis::{FromRedisValue, Value};
use tokio::time::{sleep, timeout};

use super::{Heads, PuttingBack, Standing};
use crate::{
    model::{AuditRecord, Causes, Event, EventKind, StoreTerm, UnixMillis, Workspace},
    stores::{
        AuditLog, StoreError,
        redis::{
            RedisStore,
            effects::event_row,
            script::{ScriptArguments, ScriptRun, script},
        },
    },
};

script!(JOIN, "settle/join"; " flags=allow-oom");
script!(SETTLED, "settle/settled"; " flags=allow-oom");

/// How long others are waited for that were there.
const OTHERS: Duration = Duration::from_secs(2);
/// How long an operation waits for it; one of a process that has decided nothing yet waits for all others.
const PATIENCE: Duration = Duration::from_millis(900);
const FIRST_PATIENCE: Duration = Duration::from_secs(4);
/// Between two looks at whether others are done.
const PAUSE: Duration = Duration::from_millis(10);
/// Who acts for the gateway in the audit log.
const ACTOR: &str = "system";

/// Since when this process settles with which server, by workspace.
#[derive(Default)]
pub(in super::super) struct SettlingTurn {
    began: HashMap<Workspace, (String, Instant)>,
}

impl SettlingTurn {
    /// Since when it is that server.
    fn began_with(&mut self, workspace: &Workspace, server: &str) -> Instant {
        let began = self.began.get(workspace).filter(|(known, _)| known == server);
        let at = began.map_or_else(Instant::now, |(_, at)| *at);
        self.began.insert(workspace.clone(), (server.to_owned(), at));
        at
    }
}

/// As scripts answer: nothing of a decision, then whether it is settled, the epoch, and the place of the last decision.
type SettledRow = (i64, i64, String, i64);
/// The same between with the server's name, what it had, and its clock.
type JoinedRow = (i64, i64, String, String, i64, String, i64, i64);

/// What was found out of a server that is new.
pub(super) enum Told {
    /// Decisions are missing: what was acknowledged, and what is there.
    Lost(String),
    /// What was missing and put back.
    Restored(String),
}

/// What the server says to a process that joins.
struct Joined {
    /// Whether all others have settled, and the epoch of then.
    is_settled: bool,
    epoch: String,
    server: String,
    /// What it had when the first process came.
    position: i64,
    linked: String,
    /// Its clock in milliseconds.
    clock: i64,
    /// What it has now.
    write: i64,
}

impl Joined {
    fn read(answer: Vec<Value>) -> Result<Self, StoreError> {
        let row = JoinedRow::from_redis_value(Value::Array(answer)).map_err(StoreError::backend)?;
        let (_, is_settled, epoch, server, position, linked, clock, write) = row;
        Ok(Self { is_settled: is_settled == 1, epoch, server, position, linked, clock, write })
    }
}

impl RedisStore {
    /// As what the server is taken. One that is new is settled with first.
    pub(in super::super) async fn standing(
        &self,
        workspace: &Workspace,
    ) -> Result<Arc<Standing>, StoreError> {
        if let Some(standing) = self.current_standing(workspace) {
            return Ok(standing);
        }
        let is_first = !self.standings.contains_key(workspace);
        let patience = if is_first { FIRST_PATIENCE } else { PATIENCE };
        timeout(patience, self.settled(workspace)).await.unwrap_or(Err(StoreError::Unsettled))
    }

    /// The term of what is read now.
    pub(in super::super) fn known_term(&self, workspace: &Workspace) -> StoreTerm {
        self.standings.get(workspace).map_or_else(StoreTerm::default, |standing| standing.term)
    }

    /// Settles where that is due, for whoever does nothing else at the moment.
    pub(in super::super) async fn settle_if_due(&self) {
        let known: Vec<_> = self.standings.iter().map(|entry| entry.key().clone()).collect();
        for workspace in known {
            if let Err(error) = self.standing(&workspace).await {
                tracing::debug!(error = %Causes(&error), "not settled with Redis yet");
            }
        }
    }

    /// Whether decisions can be made, as far as is known without asking.
    pub(in super::super) fn has_settled(&self, workspace: &Workspace) -> bool {
        !self.standings.contains_key(workspace) || self.current_standing(workspace).is_some()
    }

    fn current_standing(&self, workspace: &Workspace) -> Option<Arc<Standing>> {
        let standing = Arc::clone(&*self.standings.get(workspace)?);
        let server = self.link.server();
        let is_it = !standing.is_over() && server.is_none_or(|server| server == standing.greeted);
        is_it.then_some(standing)
    }

    /// What this process knows of a workspace.
    pub(in super::super) fn heads<T>(&self, workspace: &Workspace, with: impl FnOnce(&mut Heads) -> T) -> T {
        if let Some(mut heads) = self.heads.get_mut(workspace) {
            return with(&mut heads);
        }
        with(&mut self.heads.entry(workspace.clone()).or_default())
    }

    /// Boxed: what settles has things audited, which wants a standing.
    fn settled<'a>(&'a self, workspace: &'a Workspace) -> BoxFuture<'a, Result<Arc<Standing>, StoreError>> {
        Box::pin(self.settle(workspace))
    }

    async fn settle(&self, workspace: &Workspace) -> Result<Arc<Standing>, StoreError> {
        let mut turn = self.settling.lock().await;
        if let Some(standing) = self.current_standing(workspace) {
            return Ok(standing);
        }
        self.link.look_again().await?;
        let before = self.standings.get(workspace).map(|standing| Arc::clone(&standing));
        if let Some(before) = &before {
            before.end();
        }
        let greeted = self.link.server().ok_or(StoreError::Unsettled)?;
        let is_new = before.as_ref().is_some_and(|before| before.greeted != greeted);
        let joined = self.join(workspace, &greeted, is_new).await?;
        let is_another = before.as_ref().is_some_and(|before| before.server != joined.server);
        let began = turn.began_with(workspace, &joined.server);
        let told = if is_another { self.make_good(workspace, &joined).await? } else { Vec::new() };
        let (epoch, write) = if joined.is_settled {
            (joined.epoch.clone(), joined.write)
        } else {
            self.until_settled(workspace, &joined, began).await?
        };
        let term = StoreTerm {
            number: before.map_or(0, |before| before.term.number + 1),
            least_generation: epoch.parse().unwrap_or(0),
        };
        self.note_workspace(workspace).await?;
        let clock = joined.clock;
        let standing = Arc::new(Standing::new(epoch, joined.server, greeted, term));
        self.heads(workspace, |heads| heads.position = write);
        self.standings.insert(workspace.clone(), Arc::clone(&standing));
        turn.began.remove(workspace);
        drop(turn);
        self.tell(workspace, told, clock).await;
        Ok(standing)
    }

    /// Finds out what a server lost of what this process knows, and puts back what takes rights away.
    async fn make_good(&self, workspace: &Workspace, joined: &Joined) -> Result<Vec<Told>, StoreError> {
        let known = self.heads(workspace, |heads| heads.clone());
        let back = PuttingBack { server: &joined.server, clock: joined.clock };
        let restored = self.restore(workspace, back).await?;
        Ok(lost(&known, joined).into_iter().chain(restored).collect())
    }

    async fn join(&self, workspace: &Workspace, greeted: &str, is_new: bool) -> Result<Joined, StoreError> {
        let others = self.link.last_instances().await?;
        let heads = self.heads(workspace, |heads| heads.clone());
        let others: Vec<_> = others.into_iter().filter(|other| *other != self.instance).collect();
        let arguments = ScriptArguments::default()
            .bytes(self.instance.as_str())
            .number(is_new.into())
            .number(heads.position)
            .number(heads.generation)
            .number(heads.event)
            .optional(self.time.now())
            .each(&others, |arguments, other| arguments.bytes(other.as_str()));
        let run = ScriptRun { epoch: "", server: self.told_name(greeted), id: "", position: 0 };
        let answer = self.invoke(workspace, &JOIN, run, &arguments).await?;
        if matches!(answer.first(), Some(Value::Int(..=-1))) {
            return Err(StoreError::Unsettled);
        }
        Joined::read(answer)
    }

    /// Says that this process is done, until all others are or have had their time. Answers the epoch, and what the server has then.
    async fn until_settled(
        &self,
        workspace: &Workspace,
        joined: &Joined,
        began: Instant,
    ) -> Result<(String, i64), StoreError> {
        let event = Event::about(EventKind::Store, "", "store.settled", UnixMillis(joined.clock));
        loop {
            let is_enough = began.elapsed() > OTHERS;
            let arguments = ScriptArguments::default()
                .bytes(self.instance.as_str())
                .number(is_enough.into())
                .bytes(event_row(&event));
            let run = ScriptRun { epoch: "", server: self.told_name(&joined.server), id: "", position: 0 };
            let answer = self.invoke(workspace, &SETTLED, run, &arguments).await?;
            let row = SettledRow::from_redis_value(Value::Array(answer)).map_err(StoreError::backend)?;
            let (_, is_settled, epoch, write) = row;
            if is_settled == 1 {
                return Ok((epoch, write));
            }
            sleep(PAUSE).await;
        }
    }

    /// Logs and audits what was found.
    async fn tell(&self, workspace: &Workspace, told: Vec<Told>, clock: i64) {
        for told in told {
            let lost = match told {
                Told::Restored(what) => {
                    tracing::warn!(what, "Redis had lost what takes a right away: it was put back");
                    continue;
                }
                Told::Lost(lost) => lost,
            };
            tracing::error!(lost, "Redis lost what it had acknowledged");
            let record = AuditRecord::without_call(ACTOR, "store.lost", lost, UnixMillis(clock));
            if let Err(error) = self.append_audit(workspace, record).await {
                tracing::error!(error = %Causes(&error), "what Redis lost could not be audited");
            }
        }
    }

    pub(in super::super) fn took(&self, right: super::TakenRight) {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner).add(right);
    }
}

/// What the server has lost of what this process knows.
fn lost(known: &Heads, joined: &Joined) -> Option<Told> {
    let Joined { position, linked, .. } = joined;
    (known.position > *position).then(|| {
        let audit = |linked: &str| if linked.is_empty() { String::from("none") } else { linked.to_owned() };
        Told::Lost(format!(
            "decisions up to {} were acknowledged, those up to {position} are there; audit head known {}, found {}",
            known.position,
            audit(&known.linked).replace(' ', ":"),
            audit(linked).replace(' ', ":"),
        ))
    })
}
