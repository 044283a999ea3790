//! `/dashboard/agents`: the agents of the workspace, by id.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::cards::{HolderView, agent_path, task_path};
use crate::{
    coordinator::{AgentCard, Coordinator, IdleReason, NoTaskReason},
    http::{
        dashboard::{
            PageFrame, filters,
            links::query,
            moments::When,
            nav::AGENTS,
            shell::Shell,
            words::{StateMark, counted},
        },
        error::Refusal,
        extract::QueryParams,
        session::Viewer,
    },
};

/// Agents a page.
const AGENTS_A_PAGE: usize = 25;

/// Where the page begins.
#[derive(Debug, Deserialize)]
pub struct AgentsQuery {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "agents.html", config = "src/http/dashboard/askama.toml")]
struct AgentsPage {
    shell: Shell,
    count: String,
    agents: Vec<AgentView>,
    first: Option<String>,
    next: Option<String>,
}

/// An agent, as its row and the head of its page show it.
pub struct AgentView {
    pub id: String,
    pub href: String,
    pub name: String,
    pub role: String,
    pub mark: StateMark,
    pub state: &'static str,
    pub held: Option<HeldView>,
    /// Why it holds nothing.
    pub idle: Option<IdleView>,
    pub done: u32,
    pub lost: usize,
    pub heard: Option<When>,
    /// The owner; `None` once it was taken from one.
    pub owner: Option<String>,
}

/// What an agent holds.
pub struct HeldView {
    pub key: String,
    pub title: String,
    pub href: String,
    pub holder: HolderView,
}

/// Why an agent holds nothing.
pub struct IdleView {
    pub before: String,
    /// Key and page of the task it is about.
    pub task: Option<(String, String)>,
    /// Whether that is gone.
    pub is_gone: bool,
    pub after: String,
    pub at: Option<When>,
    pub more: String,
}

impl IdleView {
    /// That reason on a page.
    pub fn of(reason: IdleReason, frame: &PageFrame) -> Self {
        Self {
            is_gone: reason.is_of_task && reason.task.is_none(),
            task: reason.task.map(|card| (card.task.key.clone(), task_path(frame, &card.task.key))),
            before: reason.before,
            after: reason.after,
            at: reason.at.map(|at| frame.when(at)),
            more: reason.more.join(" "),
        }
    }
}

impl AgentView {
    /// That agent; `nothing`: why one that asks is given nothing.
    pub fn of(card: &AgentCard, nothing: Option<NoTaskReason>, frame: &PageFrame) -> Self {
        let agent = &card.agent;
        let id = agent.id.as_str();
        let held = card.held.as_ref().map(|(task, claim)| HeldView {
            key: task.task.key.clone(),
            title: task.task.title.clone(),
            href: task_path(frame, &task.task.key),
            holder: HolderView::of(claim, task, frame),
        });
        let (mark, state) = match &held {
            Some(held) if held.holder.left.is_ending() => (StateMark::Ending, "at work, the lease ends soon"),
            Some(_) => (StateMark::Work, "at work"),
            None if !agent.is_owned() => (StateMark::Taken, "taken from its owner"),
            None => (StateMark::Waiting, "holds nothing"),
        };
        Self {
            href: agent_path(frame, id),
            id: id.to_owned(),
            name: agent.profile.name.clone(),
            role: agent.profile.role.clone(),
            mark,
            state,
            held,
            idle: card.idle(nothing).map(|reason| IdleView::of(reason, frame)),
            done: agent.completed,
            lost: card.lost,
            heard: card.heard_at.map(|at| frame.when(at)),
            owner: agent.is_owned().then(|| agent.owner.clone()),
        }
    }
}

/// `GET /dashboard/agents`.
pub async fn show(
    viewer: Viewer,
    frame: PageFrame,
    State(coordinator): State<Arc<Coordinator>>,
    QueryParams(asked): QueryParams<AgentsQuery>,
) -> Result<Response, Refusal> {
    let after = asked.after.as_deref().filter(|id| !id.is_empty());
    let page = coordinator.agent_cards(&viewer.visitor().workspace, after, AGENTS_A_PAGE).await?;
    let last = page.cards.last().filter(|_| page.more).map(|card| card.agent.id.as_str());
    frame.answer(&AgentsPage {
        shell: frame.shell("Agents", Some(AGENTS)),
        count: counted(page.total, "agent", "agents"),
        agents: page.cards.iter().map(|card| AgentView::of(card, page.nothing, &frame)).collect(),
        first: after.map(|_| frame.path("/agents")),
        next: last.map(|id| format!("{}{}", frame.path("/agents"), query(&[("after", Some(id))]))),
    })
}
