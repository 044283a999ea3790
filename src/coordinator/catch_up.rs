//! How far the event log was followed. 'Nothing to give' is only said once that is at least as far as the log went when
//! the call came, so that a task made or given back at another process is not passed over.

use std::time::Duration;

use super::{Coordinator, CoordinatorError, mirror::Mirror};
use crate::{
    model::{StoreTerm, Workspace},
    stores::StoreError,
};

/// How long a call waits for the follower before it reads everything itself.
const PATIENCE: Duration = Duration::from_secs(2);

impl Coordinator {
    /// The mirrors have all that the log has up to that place.
    pub fn followed_to(&self, place: i64) {
        self.followed.reach(Some(place));
    }

    /// The place in the log up to which the mirrors have everything; `None` when that cannot be said.
    pub fn followed_place(&self) -> Option<i64> {
        self.followed.place()
    }

    /// The mirrors lack something of the log, until [`Self::followed_to`] is called again.
    pub fn lost_track(&self) {
        self.followed.reach(None);
    }

    /// The log could be looked at, or why not: a store that is away for long leaves the mirrors good for nothing.
    pub fn looked_at_log(&self, failure: Option<&StoreError>) {
        match failure.filter(|error| error.is_absence()) {
            Some(error) => self.mirrors.absence.begin(error),
            None => self.mirrors.absence.end(),
        }
    }

    /// The term of what is read from the store now.
    pub fn store_term(&self) -> StoreTerm {
        self.parts.claims.term(&Workspace::default())
    }

    /// Whether a mirror shows what the store had before it went back; nothing is decided on it.
    pub fn is_outdated(&self) -> bool {
        self.mirrors.are_outdated()
    }

    /// Returns when a call waits for the log to be followed.
    pub async fn follow_wanted(&self) {
        self.followed.wanted().await;
    }

    /// Returns when the mirrors have all that the log has up to that place, or were not brought there in 2 s.
    pub async fn until_followed(&self, place: i64) {
        let is_there = |reached: &Option<i64>| reached.is_some_and(|reached| reached >= place);
        if is_there(&self.followed.place()) {
            return;
        }
        self.followed.want();
        let _ = tokio::time::timeout(PATIENCE, self.followed.watch().wait_for(is_there)).await;
    }

    /// Brings the mirror to where the log stands now. `before`: where it stood when it was last looked at; answers whether
    /// anything may have come since.
    pub(super) async fn catch_up(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        before: Option<i64>,
    ) -> Result<bool, CoordinatorError> {
        let goal = self.parts.events.last_event(workspace).await?;
        let is_there = |place: &Option<i64>| place.is_some_and(|place| place >= goal);
        if is_there(&before) {
            return Ok(false);
        }
        if self.followed.place().is_some() {
            self.followed.want();
            let mut place = self.followed.watch();
            if tokio::time::timeout(PATIENCE, place.wait_for(is_there)).await.is_ok_and(|seen| seen.is_ok()) {
                return Ok(true);
            }
        }
        // The follower has not begun, or stands still. No call waits for a board that somebody else keeps.
        if self.parts.boards.of(workspace).describe().is_remote() {
            self.mirrors.read_records(workspace, mirror).await?;
            return Ok(true);
        }
        let reading = self.mirrors.read_whole(workspace, mirror).await?;
        self.reconcile(workspace, mirror, reading).await?;
        Ok(true)
    }
}
