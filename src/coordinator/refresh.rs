//! Keeping the pictures of boards true beside the calls: following events, asking boards what changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::future::join_all;

use super::{Coordinator, CoordinatorError, mirror::Mirror};
use crate::{
    model::{EventKind, Workspace},
    stores::StoredEvent,
    telemetry::traces,
};

impl Coordinator {
    /// Brings the mirrors up with events and decides what people did; no board waits for another.
    pub async fn follow(&self, events: &[StoredEvent]) -> Result<(), CoordinatorError> {
        let is_news = |stored: &&StoredEvent| {
            let event = &stored.event;
            !(event.kind == EventKind::Task && event.action.is_empty() && event.detail == self.parts.instance)
        };
        let events: Vec<_> = events.iter().filter(is_news).cloned().collect();
        let follow = async |(workspace, mirror): (Workspace, Arc<Mirror>)| {
            let reading = self.mirrors.follow(&workspace, &mirror, &events).await?;
            self.reconcile(&workspace, &mirror, reading).await
        };
        join_all(self.mirrors.filled().into_iter().map(follow)).await.into_iter().collect()
    }

    /// Fills the mirror of a workspace, so that the first call need not, and decides what people did while nobody looked.
    pub async fn warm(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        let (mirror, reading) = self.mirrors.fill(workspace).await?;
        self.reconcile(workspace, &mirror, reading).await
    }

    /// Reads every board that was read before, and the default one, anew.
    pub async fn reread(&self) -> Result<(), CoordinatorError> {
        join_all(self.workspaces().iter().map(|workspace| self.warm(workspace))).await.into_iter().collect()
    }

    /// Those whose board was read before, and the default one.
    pub fn workspaces(&self) -> BTreeSet<Workspace> {
        let read = self.mirrors.filled().into_iter().map(|(workspace, _)| workspace);
        read.chain([Workspace::default()]).collect()
    }

    /// Looks again at what people may have done, and asks boards that are due what changed. To be called every second; no board
    /// waits for another, and one that could not be read is left alone for a while.
    pub async fn refresh_boards(&self) -> Result<(), CoordinatorError> {
        let mut boards: BTreeMap<_, _> = self
            .unsettled
            .take(self.now().store)
            .into_iter()
            .map(|(workspace, tasks)| (workspace, Some(tasks)))
            .collect();
        for (workspace, mirror) in self.mirrors.filled() {
            if self.is_due(&mirror) {
                boards.entry(workspace).or_insert(None);
            }
        }
        let failure = |result: &Result<(), CoordinatorError>| result.is_err().then_some("board_unread");
        let refreshed = boards.into_iter().map(|(workspace, tasks)| {
            traces::in_root("board refresh", self.refresh(workspace, tasks), failure)
        });
        join_all(refreshed).await.into_iter().collect()
    }

    /// Looks at those tasks of a board again, and asks it what changed if that is due.
    async fn refresh(
        &self,
        workspace: Workspace,
        unsettled: Option<BTreeSet<String>>,
    ) -> Result<(), CoordinatorError> {
        let mirror = self.mirrors.of(&workspace).await?;
        if let Some(tasks) = unsettled {
            if mirror.is_left_alone(self.now().store) {
                self.look_again(&workspace, &tasks);
                return Ok(());
            }
            let named = tasks.iter().cloned().collect();
            let read = self.mirrors.reread_tasks(&workspace, &mirror, named).await;
            let reading = read.inspect_err(|_| self.look_again(&workspace, &tasks))?;
            self.reconcile(&workspace, &mirror, reading).await?;
        }
        if self.is_due(&mirror) {
            self.poll(&workspace, &mirror).await?;
        }
        Ok(())
    }

    fn look_again(&self, workspace: &Workspace, tasks: &BTreeSet<String>) {
        let now = self.now().store;
        for task in tasks {
            self.unsettled.add(workspace, task, now);
        }
    }

    fn is_due(&self, mirror: &Mirror) -> bool {
        let now = self.now().store;
        mirror.refreshed_at().plus(self.parts.refresh_millis) <= now && !mirror.is_left_alone(now)
    }
}
