//! The store itself: its link, its names, and word of what was written.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use dashmap::{DashMap, DashSet};
use redis::Value;
use tokio::sync::{Mutex as AsyncMutex, Notify};

use super::{
    RedisParts,
    batch::BatchQueue,
    link::{LinkFault, Presence, RedisLink, Writer, kept_link},
    log::{NewsReader, TimeWatch},
    settle::{Heads, SettlingTurn, Standing, TakenRights},
};
use crate::{
    model::{StoreShare, Workspace},
    secrets::AuditKey,
    stores::StoreError,
};

/// Everything that lasts, on one Redis server.
pub struct RedisStore {
    pub(super) link: Arc<RedisLink>,
    pub(super) audit: AuditKey,
    /// Of the secret key before, as long as that is given.
    pub(super) old_audit: Option<AuditKey>,
    /// By workspace: as what the server was taken last, and what is known of what it has.
    pub(super) standings: DashMap<Workspace, Arc<Standing>>,
    pub(super) heads: DashMap<Workspace, Heads>,
    pub(super) rights: Mutex<TakenRights>,
    /// Whoever has it settles.
    pub(super) settling: AsyncMutex<SettlingTurn>,
    pub(super) runs: AtomicU64,
    /// By workspace: decisions that go to the server together.
    pub(super) batches: DashMap<Workspace, Arc<BatchQueue>>,
    pub(super) committed: Arc<Notify>,
    pub(super) commits: AtomicU64,
    pub(super) prefix: String,
    /// The workspaces whose events somebody here reads.
    pub(super) followed: DashSet<Workspace>,
    /// Whoever has it reads the news for all who wait for some.
    pub(super) news: AsyncMutex<NewsReader>,
    pub(super) time: TimeWatch,
    pub(super) instance: String,
    /// What decisions go through, where replicas have to confirm them.
    pub(super) writer: Option<Writer>,
    pub(super) has_identity: bool,
}

fn named(prefix: &str, workspace: &Workspace, what: &str) -> String {
    format!("{prefix}:{{{}}}:{what}", workspace.as_str())
}

impl RedisStore {
    /// A store of those parts. Needs a runtime; nothing is connected yet.
    pub fn new(parts: RedisParts) -> Result<Self, StoreError> {
        let RedisParts { address, prefix, audit, old_audit, instance, replicas, has_identity } = parts;
        let name = |what| named(&prefix, &Workspace::default(), what);
        let presence = Presence {
            instance: instance.clone(),
            seq: name("seq"),
            live: name("live"),
            share: Mutex::new(StoreShare::WHOLE),
        };
        let link = kept_link(&address, format!("{prefix}:meta"), presence, has_identity)?;
        Ok(Self {
            writer: (replicas > 0).then(|| Writer::new(Arc::clone(&link), replicas)),
            link,
            audit,
            old_audit,
            standings: DashMap::new(),
            heads: DashMap::new(),
            rights: Mutex::default(),
            settling: AsyncMutex::default(),
            runs: AtomicU64::new(0),
            batches: DashMap::new(),
            committed: Arc::default(),
            commits: AtomicU64::new(0),
            followed: DashSet::new(),
            news: AsyncMutex::default(),
            time: TimeWatch::default(),
            prefix,
            instance,
            has_identity,
        })
    }

    /// The processes on this store that said within two seconds that they are there, by their instances.
    pub async fn instances(&self) -> Result<Vec<String>, StoreError> {
        self.link.instances().await
    }

    /// How many replicas have to confirm a decision.
    pub(super) fn replicas(&self) -> u32 {
        self.writer.as_ref().map_or(0, Writer::replicas)
    }

    /// Why the server cannot be used now, if it cannot.
    pub fn fault(&self) -> Option<LinkFault> {
        self.link.fault()
    }

    /// The name of something of a workspace.
    pub(super) fn name(&self, workspace: &Workspace, what: &str) -> String {
        named(&self.prefix, workspace, what)
    }

    /// What lists the workspaces that have anything.
    pub(super) fn workspaces(&self) -> String {
        format!("{}:workspaces", self.prefix)
    }

    /// Lists a workspace, before anything of it is written. One that is listed needs no room.
    pub(super) async fn note_workspace(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let (all, name) = (self.workspaces(), workspace.as_str());
        let is_listed: bool = self.link.send(redis::cmd("HEXISTS").arg(&all).arg(name)).await?;
        if is_listed {
            return Ok(());
        }
        self.link.send(redis::cmd("HSET").arg(all).arg(name).arg("")).await
    }

    /// Tells who waits for news if a script wrote: its answer begins with 1.
    pub(super) fn notify_if_written(&self, answer: &[Value]) {
        if matches!(answer.first(), Some(Value::Int(1..))) {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.committed.notify_waiters();
        }
    }
}
