//! What a picture lacks: by what is heard of others it is told which records and tasks are to be read anew.

use std::collections::BTreeSet;

use crate::{
    coordinator::mirror::Picture,
    model::{EventKind, Moment, StoreMillis, Workspace},
    stores::StoredEvent,
};

/// Tasks whose board was read, and when the reading began.
#[derive(Debug, Default)]
pub struct BoardReading {
    /// Tasks that are there.
    pub found: Vec<String>,
    /// Tasks that are not there any more; their cards stay until they are removed.
    pub gone: Vec<String>,
    /// Tasks of which the board itself said that they changed, or are gone.
    pub changed: Vec<String>,
    /// When.
    pub read_at: StoreMillis,
}

/// What comes of tasks that the board cannot be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::coordinator::mirror) enum Unread {
    /// Nothing goes on without them.
    Fails,
    /// They are read with the board's next changes.
    Later,
}

/// What of a picture is to be read anew.
#[derive(Default)]
pub(in crate::coordinator::mirror) struct Stale {
    pub(in crate::coordinator::mirror) tasks: BTreeSet<String>,
    /// Those of `tasks` that another process has read, and told of.
    pub(in crate::coordinator::mirror) told: BTreeSet<String>,
    pub(in crate::coordinator::mirror) claims: BTreeSet<String>,
    pub(in crate::coordinator::mirror) agents: Vec<String>,
}

/// What of the events the picture does not know yet.
pub(in crate::coordinator::mirror) fn stale(
    picture: &Picture,
    workspace: &Workspace,
    events: &[StoredEvent],
    now: Moment,
) -> Stale {
    let mut stale = Stale::default();
    let (mut agents, mut others) = (BTreeSet::new(), BTreeSet::new());
    for event in events.iter().filter(|event| event.workspace == *workspace).map(|stored| &stored.event) {
        let card = picture.card(&event.subject, now);
        let knows_task = card.as_ref().is_some_and(|card| card.task.updated_at.0 >= event.version);
        let claim = card.as_ref().and_then(|card| card.claim.as_ref());
        match event.kind {
            EventKind::Task if event.version > 0 && knows_task => {}
            EventKind::Task => {
                let of_reader = event.action.is_empty() && !event.detail.is_empty();
                if of_reader {
                    stale.told.insert(event.subject.clone());
                } else {
                    others.insert(event.subject.clone());
                }
                stale.tasks.insert(event.subject.clone());
                stale.claims.insert(event.subject.clone());
            }
            EventKind::Claim if claim.is_some_and(|claim| claim.version >= event.version) => {}
            EventKind::Claim => {
                stale.claims.insert(event.subject.clone());
            }
            EventKind::Agent if picture.agent(&event.subject).is_some_and(|a| a.version >= event.version) => {
            }
            EventKind::Agent => {
                agents.insert(event.subject.clone());
            }
            EventKind::Key
            | EventKind::Session
            | EventKind::PullRequest
            | EventKind::SignOut
            | EventKind::Store
            | EventKind::Unknown => {}
        }
    }
    // Of a task that somebody else told of as well, nobody knows who is the later.
    stale.told.retain(|id| !others.contains(id));
    stale.agents = agents.into_iter().collect();
    stale
}
