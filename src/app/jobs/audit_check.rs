//! Follows the chain of the audit log while the gateway runs, each minute from the last good link on, so that a record that was
//! changed is told before somebody asks. Whether its end was cut is another job's.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    app::{audit_anchor::anchors, dependencies::DependencyWatch},
    clock::Clock,
    http::AuditVerdict,
    model::{Causes, Workspace},
    secrets::{ChainCheck, ChainFault, ChainKeys, Checkpoint, SecretKey},
    stores::{Store, StoreError},
};

const EVERY: Duration = Duration::from_secs(60);
/// Before the first look: an anchor that is due is made at the start.
const FIRST: Duration = Duration::from_secs(5);
/// Records read at once, and in one look: a long log is followed over some minutes.
const BATCH: u32 = 1_000;
const MOST_BATCHES: usize = 100;

pub(super) struct AuditCheck {
    pub(super) log: Arc<dyn Store>,
    pub(super) secret: Arc<SecretKey>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) dependencies: Arc<DependencyWatch>,
}

/// A log as far as it was followed.
struct Pass {
    check: ChainCheck,
    start: Option<Checkpoint>,
    /// Up to which place it was looked for anchors.
    looked: i64,
    /// The place of the last record that was read.
    last: i64,
    fault: Option<ChainFault>,
}

impl AuditCheck {
    /// Looks until it is dropped.
    pub(super) async fn run(self) {
        let mut every = interval_at(Instant::now() + FIRST, EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pass = None;
        loop {
            every.tick().await;
            if let Err(error) = self.look(&mut pass).await {
                tracing::warn!(error = %Causes(&error), "the audit log could not be read, trying again in a minute");
            }
        }
    }

    /// Follows what is new. What a check begins with is read first: an archive or an anchor since makes it begin anew, and so does a
    /// log that went back.
    async fn look(&self, pass: &mut Option<Pass>) -> Result<(), StoreError> {
        let start = self.log.audit_start(&Workspace::default()).await?;
        let newest = self.log.last_audit(&Workspace::default()).await?.map_or(0, |last| last.sequence);
        let goes_on = match pass {
            Some(pass) if pass.start == start && pass.looked <= newest => {
                anchors(&*self.log, Some(pass.looked)).await?.is_empty()
            }
            _ => false,
        };
        if !goes_on {
            *pass = Some(self.begin(start, newest).await?);
        }
        let Some(pass) = pass else { return Ok(()) };
        pass.looked = newest;
        let mut is_whole = false;
        for _ in 0..MOST_BATCHES {
            if pass.fault.is_some() || is_whole {
                break;
            }
            let entries = self.log.audit_after(&Workspace::default(), pass.last, BATCH).await?;
            is_whole = entries.is_empty();
            for entry in entries {
                pass.last = entry.sequence;
                if let Err(fault) = pass.check.follow(&entry) {
                    if self.log.audit_start(&Workspace::default()).await? != pass.start {
                        return Ok(());
                    }
                    pass.fault = Some(fault);
                    break;
                }
            }
        }
        if is_whole {
            pass.fault = pass.check.so_far().err();
        }
        self.tell(pass, is_whole);
        Ok(())
    }

    /// All anchors are looked for: of other records there may be any number between.
    async fn begin(&self, start: Option<Checkpoint>, newest: i64) -> Result<Pass, StoreError> {
        let anchors = anchors(&*self.log, None).await?;
        let keys = ChainKeys { current: self.secret.audit_key(), old: self.secret.old_audit_key() };
        let check = ChainCheck::new(keys, None, start.clone(), &anchors);
        Ok(Pass { check, start, looked: newest, last: i64::MIN, fault: None })
    }

    fn tell(&self, pass: &Pass, is_whole: bool) {
        let fault = pass.fault.map(|fault| fault.to_string());
        let (until, at) = (pass.check.here().0, Some(self.clock.now()));
        let verdict = AuditVerdict { until, at, is_whole, fault: fault.clone() };
        let known = self.dependencies.followed_audit(verdict).fault;
        if let Some(fault) = fault.filter(|fault| known.as_ref() != Some(fault)) {
            tracing::error!(fault, "the audit log is not what was written: taskgate audit verify");
        }
    }
}
