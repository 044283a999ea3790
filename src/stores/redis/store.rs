//! The store itself: its link, its names, and word of what was written.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use redis::Value;
use tokio::sync::{Mutex, Notify};

use super::{
    link::{LinkFault, RedisAddress, RedisLink, kept_link},
    log::{NewsReader, TimeWatch},
};
use crate::{model::Workspace, secrets::AuditKey, stores::StoreError};

/// Everything that lasts, on one Redis server.
pub struct RedisStore {
    pub(super) link: Arc<RedisLink>,
    pub(super) audit: AuditKey,
    /// Of the secret key before, as long as that is given.
    pub(super) old_audit: Option<AuditKey>,
    /// By workspace, as the server's scripts want to hear it.
    pub(super) epochs: DashMap<Workspace, String>,
    pub(super) committed: Arc<Notify>,
    pub(super) commits: AtomicU64,
    pub(super) prefix: String,
    /// Whoever has it reads the news for all who wait for some.
    pub(super) news: Mutex<NewsReader>,
    pub(super) time: TimeWatch,
}

impl RedisStore {
    /// A store on that server; every name there begins with `prefix`. `audit` makes the audit log's MACs and links.
    pub fn new(address: RedisAddress, prefix: &str, audit: AuditKey) -> Result<Self, StoreError> {
        Ok(Self {
            link: kept_link(&address, format!("{prefix}:meta"))?,
            audit,
            old_audit: None,
            epochs: DashMap::new(),
            committed: Arc::default(),
            commits: AtomicU64::new(0),
            news: Mutex::default(),
            time: TimeWatch::default(),
            prefix: prefix.to_owned(),
        })
    }

    /// The same store, which also knows what was made under the other secret key that is configured.
    pub fn with_old(mut self, old: Option<AuditKey>) -> Self {
        self.old_audit = old;
        self
    }

    /// Why the server cannot be used now, if it cannot.
    pub fn fault(&self) -> Option<LinkFault> {
        self.link.fault()
    }

    /// The name of something of a workspace.
    pub(super) fn name(&self, workspace: &Workspace, what: &str) -> String {
        format!("{}:{{{}}}:{what}", self.prefix, workspace.as_str())
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
        if matches!(answer.first(), Some(Value::Int(1))) {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.committed.notify_waiters();
        }
    }
}
