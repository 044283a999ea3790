//! The event log: a stream without gaps but those that are told.

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::streams::{PART, StreamEntry, StreamPart};
use crate::{
    model::{Event, EventKind, UnixMillis, Workspace},
    stores::{
        BoardPictureStore, Bus, BusParts, EventLog, Followed, RateStore, Store, StoreError, StoredEvent,
        events::known_kind,
        redis::{RedisStore, bus::RedisBus, effects::EventRow, row::unreadable},
    },
};

/// The stream, and the field an event is in.
pub(super) const EVENTS: &str = "events";
const EVENT: &str = "e";

fn read(entry: &StreamEntry) -> Result<Event, StoreError> {
    let row: EventRow<'_> = serde_json::from_slice(entry.field(EVENT)).map_err(|_| unreadable("event"))?;
    Ok(Event {
        kind: known_kind(&row.kind),
        subject: row.subject.into_owned(),
        version: row.version,
        action: Cow::Owned(row.action.into_owned()),
        agent_id: row.agent_id.into_owned(),
        detail: row.detail.into_owned(),
        at: UnixMillis(row.at),
    })
}

impl RedisStore {
    /// Keys that others changed are put back should the server lose them.
    async fn hear_of_keys(&self, workspace: &Workspace, followed: &Followed) -> Result<(), StoreError> {
        let events = followed.events.iter().map(|stored| &stored.event);
        let keys = events.filter(|event| event.kind == EventKind::Key).map(|event| event.subject.clone());
        self.heard_of_keys(workspace, &keys.collect::<Vec<_>>()).await
    }
}

#[async_trait]
impl EventLog for RedisStore {
    fn is_settled(&self, workspace: &Workspace) -> bool {
        self.has_settled(workspace)
    }

    async fn last_event(&self, workspace: &Workspace) -> Result<i64, StoreError> {
        self.follow_news_of(workspace);
        let part = StreamPart::back_from(None, 1);
        let last = self.entries(&self.name(workspace, EVENTS), &part).await?.pop();
        let place = last.map_or(0, |last| last.place());
        self.heads(workspace, |heads| heads.event = heads.event.max(place));
        Ok(place)
    }

    /// Places are given without gaps as long as the server is the same. So something after `sequence` is gone, or a server took
    /// the place of another and may have lost it, if the first that is there is not the one that would follow.
    async fn events_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Followed, StoreError> {
        self.follow_news_of(workspace);
        let mut followed = Followed::default();
        let (limit, first) = (limit as usize, sequence.saturating_add(1));
        let mut part = StreamPart::from_place(first, PART.min(limit));
        let stream = self.name(workspace, EVENTS);
        while followed.events.len() < limit {
            part.count = PART.min(limit - followed.events.len());
            let entries = self.entries(&stream, &part).await?;
            for entry in &entries {
                let workspace = workspace.clone();
                followed.events.push(StoredEvent { sequence: entry.place(), workspace, event: read(entry)? });
            }
            if !part.go_on(entries.len(), entries.last().map(|entry| entry.id.as_str())) {
                break;
            }
        }
        if let Some(last) = followed.events.last() {
            self.heads(workspace, |heads| heads.event = heads.event.max(last.sequence));
        }
        self.hear_of_keys(workspace, &followed).await?;
        followed.missed = followed.events.first().is_some_and(|found| found.sequence > first);
        Ok(followed)
    }

    async fn trim_events(&self, workspace: &Workspace, keep: i64) -> Result<(), StoreError> {
        let first = self.last_event(workspace).await?.saturating_sub(keep).saturating_add(1);
        let mut trim = redis::cmd("XTRIM");
        trim.arg(self.name(workspace, EVENTS)).arg("MINID").arg(first.max(0));
        self.link.send(&trim).await
    }

    /// Of other gateways' commits those with an event in a workspace that is followed here are heard of.
    async fn wait_for_commit(&self, at_most: Duration) {
        self.settle_if_due().await;
        let ours = self.committed.notified();
        tokio::select! {
            () = ours => {}
            () = self.wait_for_others(at_most) => {}
        }
    }
}

#[async_trait]
impl Store for RedisStore {
    /// Never: a server that is away comes back.
    async fn ended(&self) {
        std::future::pending::<()>().await;
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    /// A server that was started again or promoted has another.
    fn epoch(&self) -> i64 {
        self.standings
            .get(&Workspace::default())
            .and_then(|standing| standing.epoch.parse().ok())
            .unwrap_or(0)
    }

    fn rates(self: Arc<Self>) -> Option<Arc<dyn RateStore>> {
        Some(self)
    }

    fn pictures(self: Arc<Self>) -> Option<Arc<dyn BoardPictureStore>> {
        Some(self)
    }

    fn open_bus(&self, parts: BusParts) -> Option<Arc<dyn Bus>> {
        Some(RedisBus::begin(Arc::clone(&self.link), &self.prefix, parts))
    }
}
