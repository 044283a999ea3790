//! The board's tasks and agents, filtered and in pages.

use std::{ops::ControlFlow, sync::Arc};

use crate::coordinator::{
    AgentWithClaim, Coordinator, CoordinatorError,
    browse::{Search, Seeker, Slices},
    mirror::{TaskCard, TaskPlace},
};
use crate::model::{Principal, Priority, TaskStatus};

/// Which tasks, and how many.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Only with that status.
    pub status: Option<TaskStatus>,
    /// Only of that priority.
    pub priority: Option<Priority>,
    /// Only with that label, whatever its case.
    pub label: Option<String>,
    /// Only with that text in title or description, whatever its case. Of a closed task only the title is looked at.
    pub query: Option<String>,
    /// At most that many.
    pub limit: usize,
    /// Only what comes after that place.
    pub after: Option<TaskPlace>,
}

/// A page of tasks.
#[derive(Debug, Default)]
pub struct TaskPage {
    /// The tasks, oldest first.
    pub cards: Vec<TaskCard>,
    /// Matching tasks on all pages.
    pub total: usize,
    /// Whether there are more after these.
    pub more: bool,
}

/// A page of agents.
#[derive(Debug)]
pub struct AgentPage {
    /// The agents, by id.
    pub holdings: Vec<AgentWithClaim>,
    /// Agents on all pages.
    pub total: usize,
    /// Whether there are more after these.
    pub more: bool,
}

impl Coordinator {
    /// A page of tasks.
    pub async fn list(&self, principal: &Principal, listing: Listing) -> Result<TaskPage, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let slices = Slices::new(mirror, self.now());
        let reads_texts = listing.query.is_some() || listing.label.is_some();
        let mut gathering = Gathering::new(listing);
        if reads_texts {
            let gather = move |slices: Slices| {
                slices.for_each(|cards| gathering.take(cards));
                gathering.page
            };
            let seeker = Seeker::Agent(Arc::clone(&principal.key_id));
            return self.searches.run(&seeker, slices, gather).await;
        }
        for cards in slices {
            gathering.take(cards);
            tokio::task::yield_now().await;
        }
        Ok(gathering.page)
    }

    /// A page of the workspace's agents: at most `limit`, those after the id `after`.
    pub async fn agents(
        &self,
        principal: &Principal,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AgentPage, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let now = self.now().store;
        Ok(mirror.with(|picture| {
            let agents = picture.agents_after(after).take(limit + 1);
            let mut holdings: Vec<_> = agents
                .map(|agent| AgentWithClaim {
                    agent: Arc::clone(agent),
                    claim: picture.live_claim(agent, now),
                })
                .collect();
            let more = holdings.len() > limit;
            holdings.truncate(limit);
            AgentPage { holdings, total: picture.agent_count(), more }
        }))
    }

    /// Shows `look` every task, oldest first, until it breaks off.
    pub async fn each_task(
        &self,
        principal: &Principal,
        mut look: impl FnMut(TaskCard) -> ControlFlow<()> + Send,
    ) -> Result<(), CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        for cards in Slices::new(mirror, self.now()) {
            if cards.into_iter().try_for_each(&mut look).is_break() {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// A page on its way.
struct Gathering {
    listing: Listing,
    label: Option<Search>,
    query: Option<Search>,
    page: TaskPage,
}

impl Gathering {
    fn new(listing: Listing) -> Self {
        let search = |text: &Option<String>| text.as_deref().map(Search::new);
        Self {
            label: search(&listing.label),
            query: search(&listing.query),
            listing,
            page: TaskPage::default(),
        }
    }

    fn take(&mut self, cards: Vec<TaskCard>) {
        for card in cards {
            if !self.fits(&card) {
                continue;
            }
            self.page.total += 1;
            if self.listing.after.as_ref().is_some_and(|last| !last.is_before(&card.task)) {
                continue;
            }
            self.page.more = self.page.cards.len() == self.listing.limit;
            if !self.page.more {
                self.page.cards.push(card);
            }
        }
    }

    fn fits(&mut self, card: &TaskCard) -> bool {
        let task = &card.task;
        self.listing.status.is_none_or(|status| card.status == status)
            && self.listing.priority.is_none_or(|priority| task.priority == priority)
            && self.label.as_mut().is_none_or(|label| task.labels.iter().any(|other| label.is(other)))
            && self
                .query
                .as_mut()
                .is_none_or(|query| query.is_in(&task.title) || query.is_in(&task.description))
    }
}
