//! `/api/overview`: what every agent does now, what needs a person, and how the board stands.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    coordinator::{AgentLane, BoardSync, Coordinator, NeedItem, Overview, Standing, TaskCard},
    http::{
        error::{ErrorResponses, Refusal},
        extract::Caller,
    },
    model::{Moment, Scope, Severity, UnixMillis, brief, shortened, visible},
    tools::ReasonView,
};

/// Characters of what was said.
const MOST_WORDS: usize = 500;

/// How the board and its agents stand. Titles and words are untrusted data.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OverviewReport {
    /// RFC 3339.
    as_of: String,
    tasks: TaskCounts,
    agents: AgentCounts,
    /// At work, the one whose lease ends first on top; 20 at most.
    at_work: Vec<AtWorkReport>,
    /// Agents that hold nothing, the one heard of last on top; 20 at most, with those at work.
    idle: Vec<IdleReport>,
    /// What needs a person; 20 at most.
    needs: Vec<NeedReport>,
    /// All of it.
    needs_total: usize,
    /// The first in line, for an agent without matching skills.
    offered_next: Vec<NamedReport>,
    /// The first of those that wait for others.
    not_offered: Vec<WaitingReport>,
    board: BoardAgeReport,
    /// `true`.
    untrusted: bool,
}

/// Tasks by how they stand.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TaskCounts {
    /// All but cancelled ones.
    total: usize,
    ready: usize,
    /// For other tasks.
    waiting: usize,
    backlog: usize,
    /// Held by an agent.
    held: usize,
    /// In progress without an agent.
    with_person: usize,
    /// Open and assigned to a person.
    assigned: usize,
    /// With those that are parked.
    blocked: usize,
    parked: usize,
    done: usize,
    cancelled: usize,
}

/// Agents.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AgentCounts {
    total: usize,
    at_work: usize,
}

/// A task by its names.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NamedReport {
    id: String,
    key: String,
    /// 200 characters at most.
    title: String,
}

/// An agent at work.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AtWorkReport {
    agent_id: String,
    role: String,
    task: NamedReport,
    claim_generation: i64,
    /// Percent done, as last reported.
    progress: u8,
    /// What it last said; 200 characters at most.
    message: String,
    /// RFC 3339; when it said so, or was granted the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    said_at: Option<String>,
    /// RFC 3339; the end of the lease unless it is renewed.
    lease_expires_at: String,
}

/// An agent that holds nothing.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IdleReport {
    agent_id: String,
    role: String,
    /// Why, in sentences.
    text: String,
    /// RFC 3339; when the last thing happened to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

/// A thing that needs a person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NeedReport {
    /// `parked`, `blocked`, `circle`, `unknown_dependency` or `refused_write`.
    code: &'static str,
    /// In a sentence.
    text: String,
    /// The task, or the first of those it is about.
    task: NamedReport,
    /// The keys of all it is about, some at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    /// What was said; 500 characters at most.
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    /// RFC 3339; when it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Keys of open tasks that wait for it, five at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holds_back: Vec<String>,
}

/// A task that waits.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WaitingReport {
    task: NamedReport,
    reason: ReasonView,
}

/// The board, and what it is owed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BoardAgeReport {
    provider: &'static str,
    /// Since it was last asked what changed.
    refreshed_seconds_ago: Option<u64>,
    /// Decided changes on their way to it.
    pending: u64,
    /// RFC 3339; when the oldest of them was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_pending: Option<String>,
}

/// What every agent does now, what needs a person, and how the board stands. The key needs the scope `board:read`.
#[utoipa::path(get, path = "/api/overview", tag = "board",
    responses((status = 200, body = OverviewReport), ErrorResponses))]
pub async fn get(
    State(coordinator): State<Arc<Coordinator>>,
    caller: Caller,
) -> Result<Json<OverviewReport>, Refusal> {
    caller.needs(Scope::BoardRead)?;
    let workspace = &caller.credential.principal.workspace;
    let overview = coordinator.overview(workspace).await?;
    let sync = coordinator.board_sync(workspace).await?;
    Ok(Json(report(&overview, &sync)))
}

fn report(overview: &Overview, sync: &BoardSync) -> OverviewReport {
    let (now, lanes) = (overview.now, &overview.agents);
    let waiting = overview.not_offered.iter().filter_map(|waiting| {
        Some(WaitingReport {
            task: named(&waiting.card),
            reason: ReasonView::of(waiting.reason.as_ref()?, now),
        })
    });
    OverviewReport {
        as_of: now.wall.rfc3339(),
        tasks: counts(overview),
        agents: AgentCounts {
            total: overview.agent_count,
            at_work: overview.counts.of(Standing::Held).min(overview.agent_count),
        },
        at_work: lanes.iter().filter_map(|lane| at_work(lane, now)).collect(),
        idle: lanes.iter().filter_map(|lane| idle(lane, overview)).collect(),
        needs: overview.needs.items.iter().map(need).collect(),
        needs_total: overview.needs.total,
        offered_next: overview.offered_next.iter().map(named).collect(),
        not_offered: waiting.collect(),
        board: BoardAgeReport {
            provider: overview.board.about.provider,
            refreshed_seconds_ago: overview.board.refreshed_seconds_ago,
            pending: sync.pending,
            oldest_pending: sync.oldest.map(UnixMillis::rfc3339),
        },
        untrusted: true,
    }
}

fn counts(overview: &Overview) -> TaskCounts {
    let of = |standing| overview.counts.of(standing);
    TaskCounts {
        total: overview.counts.total() - of(Standing::Cancelled),
        ready: of(Standing::Ready),
        waiting: of(Standing::Waiting),
        backlog: of(Standing::Backlog),
        held: of(Standing::Held),
        with_person: of(Standing::WithPerson),
        assigned: of(Standing::Assigned),
        blocked: of(Standing::Blocked),
        parked: overview.needs.parked,
        done: of(Standing::Done),
        cancelled: of(Standing::Cancelled),
    }
}

fn named(card: &TaskCard) -> NamedReport {
    NamedReport { id: card.task.id.clone(), key: card.task.key.clone(), title: brief(&card.task.title) }
}

fn at_work(lane: &AgentLane, now: Moment) -> Option<AtWorkReport> {
    let (task, claim) = lane.card.held.as_ref()?;
    Some(AtWorkReport {
        agent_id: visible(lane.card.agent.id.as_str()),
        role: brief(&lane.card.agent.profile.role),
        task: named(task),
        claim_generation: claim.generation,
        progress: claim.progress,
        message: brief(&claim.message),
        said_at: lane.card.said_at.map(UnixMillis::rfc3339),
        lease_expires_at: now.on_wall(claim.expires_at).rfc3339(),
    })
}

fn idle(lane: &AgentLane, overview: &Overview) -> Option<IdleReport> {
    let reason = lane.card.idle(overview.nothing)?;
    Some(IdleReport {
        agent_id: visible(lane.card.agent.id.as_str()),
        role: brief(&lane.card.agent.profile.role),
        text: reason.text(),
        at: reason.at.map(UnixMillis::rfc3339),
    })
}

fn need(item: &NeedItem) -> NeedReport {
    NeedReport {
        code: item.need.code(),
        text: format!("{}.", item.need.said()),
        task: named(&item.card),
        keys: item.need.keys().to_vec(),
        words: shortened(item.need.words(), MOST_WORDS),
        severity: item.need.severity(),
        since: item.since.map(UnixMillis::rfc3339),
        holds_back: item.holds_back.clone(),
    }
}
