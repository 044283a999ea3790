//! *Who does what*: an agent a row, with what it holds or why it holds nothing.

use crate::{
    coordinator::{AgentLane, NoTaskReason},
    http::dashboard::{
        PageFrame,
        moments::When,
        pages::{
            agents::IdleView,
            cards::{HolderView, agent_path, task_path},
        },
    },
    model::shortened,
};

/// Characters of what an agent said.
const MOST_WORDS: usize = 200;

/// An agent.
pub struct DoingView {
    pub id: String,
    pub href: String,
    pub role: String,
    pub held: Option<HeldNow>,
    pub idle: Option<IdleView>,
}

/// What an agent holds.
pub struct HeldNow {
    pub key: String,
    pub title: String,
    pub href: String,
    pub holder: HolderView,
    pub words: String,
    pub said_at: Option<When>,
}

/// The row of an agent.
pub fn doing(lane: &AgentLane, nothing: Option<NoTaskReason>, frame: &PageFrame) -> DoingView {
    let card = &lane.card;
    let held = card.held.as_ref().map(|(task, claim)| HeldNow {
        key: task.task.key.clone(),
        title: shortened(&task.task.title, MOST_WORDS),
        href: task_path(frame, &task.task.key),
        holder: HolderView::of(claim, task, frame),
        words: shortened(&claim.message, MOST_WORDS),
        said_at: card.said_at.map(|at| frame.when(at)),
    });
    DoingView {
        id: card.agent.id.as_str().to_owned(),
        href: agent_path(frame, card.agent.id.as_str()),
        role: shortened(&card.agent.profile.role, MOST_WORDS),
        held,
        idle: card.idle(nothing).map(|reason| IdleView::of(reason, frame)),
    }
}
