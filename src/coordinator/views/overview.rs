//! What every agent does now, what needs a person, and how the board stands. Everything is read from the front of something that is in
//! order, however large the board is.

use std::{collections::HashSet, sync::Arc};

use super::{
    agent_cards::{AgentCard, agent_card},
    group::{GroupTask, give_reasons},
    needs::Needs,
    status::BoardState,
};
use crate::{
    coordinator::{
        Coordinator, CoordinatorError,
        browse::{Knots, Slices},
        mirror::{LookerWords, Mirror, NoTaskReason, Picture, Standing, StandingCounts, TaskCard},
    },
    model::{Agent, Moment, Workspace},
    stores::StoredHistory,
};

/// Agents that are told of.
const MOST_AGENTS: usize = 20;
/// Agents by id that are looked at for those that nothing is known of.
const MOST_LOOKED_AT: usize = 60;
/// Entries of an agent's history that are looked at.
const NEWEST: u32 = 60;
/// Tasks that are told of those that are offered, and of those that wait.
const MOST_TASKS: usize = 5;

/// An agent, with what happened to it of late.
#[derive(Clone, Debug)]
pub struct AgentLane {
    /// The agent.
    pub card: AgentCard,
    /// The newest entries of its history, newest first.
    pub history: Vec<StoredHistory>,
    /// The tasks in them that are on the board.
    pub tasks: Vec<TaskCard>,
}

/// How a workspace stands.
#[derive(Clone, Debug)]
pub struct Overview {
    /// When.
    pub now: Moment,
    /// Its tasks by how they stand.
    pub counts: StandingCounts,
    /// What needs a person.
    pub needs: Needs,
    /// Twenty agents at most: those at work, the one whose lease ends first on top, then those heard of last.
    pub agents: Vec<AgentLane>,
    /// All agents.
    pub agent_count: usize,
    /// Why an agent that asks is given nothing; `None`: there is something.
    pub nothing: Option<NoTaskReason>,
    /// The first in line for an agent without matching skills.
    pub offered_next: Vec<TaskCard>,
    /// The first of those that wait, with the reason.
    pub not_offered: Vec<GroupTask>,
    /// The board.
    pub board: BoardState,
}

impl Coordinator {
    /// How a workspace stands.
    pub async fn overview(&self, workspace: &Workspace) -> Result<Overview, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let needs = self.needs(workspace, &mirror).await?;
        let agents = self.agents_of_late(workspace, &mirror).await?;
        let now = self.now();
        let (counts, agent_count, offered_next, mut not_offered) = mirror.with(|picture| {
            let counts = picture.counts(now);
            let cards = |standing| {
                let places = picture.places(standing, &LookerWords::default(), None, MOST_TASKS);
                places.into_iter().filter_map(|place| picture.card(&place.id, now)).collect::<Vec<_>>()
            };
            let waits = |card| GroupTask { card, standing: Standing::Waiting, reason: None };
            let not_offered: Vec<_> = cards(Standing::Waiting).into_iter().map(waits).collect();
            (counts, picture.agent_count(), cards(Standing::Ready), not_offered)
        });
        give_reasons(&mirror, not_offered.iter_mut(), now);
        Ok(Overview {
            now,
            counts,
            needs,
            agents,
            agent_count,
            nothing: counts.nothing(),
            offered_next,
            not_offered,
            board: self.board_state(workspace),
        })
    }

    async fn agents_of_late(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
    ) -> Result<Vec<AgentLane>, CoordinatorError> {
        let recent = self.parts.history.recent_agents(workspace, MOST_AGENTS as u32).await?;
        let now = self.now();
        let agents = mirror.with(|picture| in_turn(picture, &recent, now));
        let histories = self.histories(workspace, &agents, NEWEST).await?;
        Ok(mirror.with(|picture| {
            let lane = |(agent, history): (Arc<Agent>, Vec<StoredHistory>)| AgentLane {
                card: agent_card(picture, agent, &history, (now, self.rules.lease_millis)),
                tasks: tasks(picture, &history, now),
                history,
            };
            agents.into_iter().zip(histories).map(lane).collect()
        }))
    }

    /// What stands in the way of a workspace's tasks, as it was a second ago at most.
    pub(super) async fn kept_knots(
        &self,
        workspace: &Workspace,
        mirror: &Arc<Mirror>,
    ) -> Result<Arc<Knots>, CoordinatorError> {
        let (now, changed) = (self.now(), mirror.with(|picture| picture.knots_changed()));
        if let Some(knots) = self.kept_knots.good(workspace, changed, now.store) {
            return Ok(knots);
        }
        let (kept, workspace) = (Arc::clone(&self.kept_knots), workspace.clone());
        let look = move |slices| kept.look(slices, &workspace, changed, now.store);
        self.knots.run(Slices::new(Arc::clone(mirror), now), look).await
    }
}

/// Who is told of: those at work by the end of their lease, then those heard of last, then others by id.
fn in_turn(picture: &mut Picture, recent: &[String], now: Moment) -> Vec<Arc<Agent>> {
    let held = picture.held_by_end(MOST_AGENTS, now);
    let at_work = held.iter().filter_map(|card| Some(card.claim.as_ref()?.agent_id.as_str()));
    let heard = at_work.chain(recent.iter().map(String::as_str)).filter_map(|id| picture.agent(id));
    let others = picture.agents_after(None).take(MOST_LOOKED_AT);
    let mut seen = HashSet::new();
    let new = heard.chain(others).filter(|agent| seen.insert(agent.id.as_str()));
    new.take(MOST_AGENTS).map(Arc::clone).collect()
}

fn tasks(picture: &Picture, history: &[StoredHistory], now: Moment) -> Vec<TaskCard> {
    let mut seen = HashSet::new();
    let ids = history.iter().map(|stored| stored.entry.task_id.as_str());
    ids.filter(|id| seen.insert(*id)).filter_map(|id| picture.card(id, now)).collect()
}
