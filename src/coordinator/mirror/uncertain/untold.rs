//! Tasks in progress of which the board has not been asked yet what it tells of claims. Until then nobody is granted one whose lease
//! has ended by the records: they may be older than the lease.

use std::{collections::HashSet, sync::Arc};

use crate::{
    coordinator::mirror::{Picture, workspace::Mirror},
    model::{Moment, Task, TaskStatus},
};

/// Which they are.
#[derive(Debug, Default)]
pub(in crate::coordinator::mirror) enum Untold {
    /// None (any more).
    #[default]
    None,
    /// All of them.
    All,
    /// Those that the board could not be asked about yet.
    These(HashSet<String>),
}

impl Picture {
    /// Whether the board has still to be asked what it tells of claims on that task.
    pub fn is_untold(&self, task: &Task) -> bool {
        let is_asked = match &self.untold {
            Untold::None => true,
            Untold::All => false,
            Untold::These(tasks) => !tasks.contains(&task.id),
        };
        !is_asked && task.status == TaskStatus::InProgress
    }

    fn is_untold_card(&self, id: &Arc<str>) -> bool {
        let task = self.cards.get(id).map(|card| &card.task);
        task.is_some_and(|task| self.is_untold(task) && task.assignee.is_none())
    }
}

impl Mirror {
    /// Nothing that the board tells of claims is known yet.
    pub fn knows_no_told_claims(&self) {
        self.with(|picture| picture.untold = Untold::All);
    }

    /// Tasks that the board has still to be asked about and that no person has.
    pub fn untold(&self) -> Vec<String> {
        let ids = self.with(|picture| picture.ids());
        let is_untold = |id: &&Arc<str>| self.with(|picture| picture.is_untold_card(id));
        ids.iter().filter(is_untold).map(ToString::to_string).collect()
    }

    /// The board was asked about all but those.
    pub fn was_told(&self, but: HashSet<String>, now: Moment) {
        let untold = if but.is_empty() { Untold::None } else { Untold::These(but) };
        let ids = self.with(|picture| {
            picture.untold = untold;
            picture.ids()
        });
        self.in_parts(ids, |picture, id| {
            if picture.cards.get(&id).is_some_and(|card| card.task.status == TaskStatus::InProgress) {
                picture.place(&id, now);
            }
        });
    }
}
