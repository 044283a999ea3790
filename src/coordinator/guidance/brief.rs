//! Gathers what there is to say about a task that was granted.

use std::sync::Arc;

use super::{Brief, FinishedDependency, instructor::definition_of_done};
use crate::{
    coordinator::mirror::{Mirror, TaskCard},
    model::{Claim, ClaimState, Moment, TaskStatus},
};

/// What the holder of a task has to know.
pub(in crate::coordinator) fn brief(mirror: &Mirror, card: &TaskCard, claim: &Claim, now: Moment) -> Brief {
    Brief {
        task: Arc::clone(&card.task),
        dependencies: card.task.dependencies.iter().filter_map(|id| finished(mirror, id, now)).collect(),
        hand_off: claim
            .hand_off
            .clone()
            .filter(|note| note.progress > 0 || !note.message.is_empty() || note.agent_id != claim.agent_id),
        definition_of_done: definition_of_done(&card.task.description),
        lease_ends_at: now.on_wall(claim.expires_at),
    }
}

/// What became of a dependency.
fn finished(mirror: &Mirror, id: &str, now: Moment) -> Option<FinishedDependency> {
    let card = mirror.with(|picture| picture.card(id, now))?;
    // What an agent said of a task that a person ended is not how it ended.
    let said = card.claim.as_ref().filter(|claim| card.task.id == *id && claim.state == ClaimState::Done);
    Some(FinishedDependency {
        key: card.task.key.clone(),
        title: card.task.title.clone(),
        is_cancelled: card.status == TaskStatus::Cancelled,
        said: said.map(|claim| (claim.agent_id.clone(), claim.message.clone())),
    })
}
