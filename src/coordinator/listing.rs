//! The board's tasks, filtered and in pages.

use super::{Coordinator, CoordinatorError, mirror::TaskCard};
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
    /// Only with that text in title or description, whatever its case.
    pub query: Option<String>,
    /// At most that many.
    pub limit: usize,
    /// After that task, by id.
    pub after: Option<String>,
}

/// A page of tasks.
#[derive(Debug)]
pub struct TaskPage {
    /// The tasks, oldest first.
    pub cards: Vec<TaskCard>,
    /// Matching tasks on all pages.
    pub total: usize,
    /// Whether there are more after these.
    pub more: bool,
}

impl Coordinator {
    /// A page of tasks; `None` when `after` is no task.
    pub async fn list(
        &self,
        principal: &Principal,
        listing: &Listing,
    ) -> Result<Option<TaskPage>, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let now = self.now();
        Ok(mirror.with(|picture| {
            // The last task of the page before may match no longer, but it keeps its place.
            let after = match &listing.after {
                Some(id) => Some(picture.card(id, now)?.task),
                None => None,
            };
            let mut page = TaskPage { cards: Vec::new(), total: 0, more: false };
            for card in picture.all(now).filter(|card| fits(card, listing)) {
                page.total += 1;
                let place = (card.task.created_at, &card.task.id);
                if after.as_ref().is_some_and(|last| place <= (last.created_at, &last.id)) {
                    continue;
                }
                page.more = page.cards.len() == listing.limit;
                if !page.more {
                    page.cards.push(card);
                }
            }
            Some(page)
        }))
    }

    /// Every task, oldest first.
    pub async fn cards(&self, principal: &Principal) -> Result<Vec<TaskCard>, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let now = self.now();
        Ok(mirror.with(|picture| picture.all(now).collect()))
    }
}

fn fits(card: &TaskCard, listing: &Listing) -> bool {
    let task = &card.task;
    let has = |text: &str, part: &str| text.to_lowercase().contains(part);
    listing.status.is_none_or(|status| card.status == status)
        && listing.priority.is_none_or(|priority| task.priority == priority)
        && listing
            .label
            .as_ref()
            .is_none_or(|label| task.labels.iter().any(|other| other.to_lowercase() == label.to_lowercase()))
        && listing.query.as_ref().is_none_or(|query| {
            let query = query.to_lowercase();
            has(&task.title, &query) || has(&task.description, &query)
        })
}
