//! Writes the event log to the log of interactions: all of it, whoever caused it, if this is the process that writes.

use std::{sync::Arc, time::Duration};

use super::following::{FOLLOW_EVERY, Following};
use crate::{
    app::audit_head::beside,
    model::{Causes, Event, EventKind},
    stores::{Followed, StoreError, StoredEvent},
    telemetry::InteractionLog,
};

/// Between two looks at whether the writer has gone.
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);

pub(super) struct ActivityLog {
    pub(super) log: Arc<InteractionLog>,
    pub(super) events: Following,
}

impl ActivityLog {
    pub(super) async fn run(&self) {
        // What happened before anybody was asked to log it is not logged.
        let start = self.events.end().await;
        while !self.log.is_writer() {
            tokio::time::sleep(TAKE_OVER_EVERY).await;
        }
        // A place behind the end belongs to another store.
        let place = self.log.place().filter(|place| *place <= start).unwrap_or(start);
        let log = Arc::clone(&self.log);
        if let Err(error) = beside(move || log.keep_place(place)).await {
            tracing::error!(error = %Causes(&error), "how far the log of what agents did has come cannot be kept: nothing is logged");
        }
        loop {
            if let Err(error) = self.write().await {
                tracing::warn!(error = %Causes(&error), "what agents did could not be logged, trying again");
                tokio::time::sleep(TAKE_OVER_EVERY).await;
            }
            self.events.news(FOLLOW_EVERY).await;
        }
    }

    /// Writes what is not written yet, if this is the process that writes.
    pub(super) async fn write(&self) -> Result<(), StoreError> {
        let Some(mut place) = self.log.place().filter(|_| self.log.is_writer()) else { return Ok(()) };
        loop {
            let Followed { events, missed } = self.events.after(place).await?;
            let (Some(first), Some(newest)) = (events.first(), events.last()) else { return Ok(()) };
            if missed {
                self.say_missed(place, first);
            }
            place = newest.sequence;
            let log = Arc::clone(&self.log);
            let written = beside(move || {
                for stored in &events {
                    log.write(&stored.workspace, stored.sequence, &stored.event);
                }
                log.keep_place(place)
            });
            written.await.map_err(StoreError::backend)?;
        }
    }

    /// Says in the log itself that something is not in it.
    fn say_missed(&self, place: i64, first: &StoredEvent) {
        let newest = first.sequence - 1;
        tracing::warn!(oldest = place + 1, newest, "events were dropped before they could be logged");
        let detail = format!("events {} to {newest} were dropped before they could be logged", place + 1);
        let event = Event { detail, ..Event::about(EventKind::Task, "", "log.missed", first.event.at) };
        self.log.write(&first.workspace, newest, &event);
    }
}
