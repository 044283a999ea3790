//! Agents as people look at them: what each holds, what it did, when it was last heard of.

use std::{collections::HashSet, sync::Arc};

use super::telling::Telling;
use crate::{
    coordinator::{
        Coordinator, CoordinatorError,
        mirror::{NoTaskReason, Picture, TaskCard},
    },
    model::{Agent, Claim, HistoryAction, HistoryEntry, LossCause, Moment, UnixMillis, Workspace},
    stores::{HistoryOf, StoredHistory},
};

/// An agent with what it holds.
#[derive(Clone, Debug)]
pub struct AgentCard {
    /// The agent.
    pub agent: Arc<Agent>,
    /// The task it holds, with its live claim.
    pub held: Option<(TaskCard, Arc<Claim>)>,
    /// When it was last heard of: a call that left something, or a sign of life. `None`: nothing is known but its registration.
    pub heard_at: Option<UnixMillis>,
    /// When it last said something of what it holds, or was granted it.
    pub said_at: Option<UnixMillis>,
    /// The newest thing that happened to it.
    pub last: Option<StoryEntry>,
    /// Of the newest things that happened to it, how many were the loss of a task.
    pub lost: usize,
}

/// A page of agents.
#[derive(Clone, Debug)]
pub struct AgentCards {
    /// The agents, by id.
    pub cards: Vec<AgentCard>,
    /// Why an agent that asks is given nothing; `None`: there is something.
    pub nothing: Option<NoTaskReason>,
    /// Agents on all pages.
    pub total: usize,
    /// Whether there are more after these.
    pub more: bool,
}

/// Something that an agent did, or that happened to it.
#[derive(Clone, Debug)]
pub struct StoryEntry {
    /// The entry.
    pub stored: StoredHistory,
    /// Its words.
    pub telling: Telling,
    /// The task, unless it is gone.
    pub task: Option<TaskCard>,
    /// Whether the task is gone since it was deleted, as far as the entries beside this one tell.
    pub is_deleted: bool,
}

/// An agent and a page of its history, newest first.
#[derive(Clone, Debug)]
pub struct AgentStory {
    /// The agent.
    pub card: AgentCard,
    /// Why an agent that asks is given nothing; `None`: there is something.
    pub nothing: Option<NoTaskReason>,
    /// The page.
    pub entries: Vec<StoryEntry>,
    /// Where the next page goes on; `None` on the last.
    pub next: Option<i64>,
}

/// Entries of each agent's history that a list looks at.
const NEWEST: u32 = 40;

impl Coordinator {
    /// A page of the workspace's agents: at most `limit`, those after the id `after`.
    pub async fn agent_cards(
        &self,
        workspace: &Workspace,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AgentCards, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let (mut agents, total) = mirror.with(|picture| {
            let agents: Vec<_> = picture.agents_after(after).take(limit + 1).cloned().collect();
            (agents, picture.agent_count())
        });
        let more = agents.len() > limit;
        agents.truncate(limit);
        let histories = self.histories(workspace, &agents, NEWEST).await?;
        let (now, lease_millis) = (self.now(), self.rules.lease_millis);
        let cards = mirror.with(|picture| {
            let pairs = agents.into_iter().zip(histories);
            pairs.map(|(agent, history)| agent_card(picture, agent, &history, (now, lease_millis))).collect()
        });
        let nothing = mirror.with(|picture| picture.counts(now).nothing());
        Ok(AgentCards { cards, nothing, total, more })
    }

    /// The newest of each agent's history, newest first.
    pub(super) async fn histories(
        &self,
        workspace: &Workspace,
        agents: &[Arc<Agent>],
        limit: u32,
    ) -> Result<Vec<Vec<StoredHistory>>, CoordinatorError> {
        if agents.is_empty() {
            return Ok(Vec::new());
        }
        let of = agents.iter().map(|agent| HistoryOf::Agent(agent.id.as_str().to_owned())).collect();
        Ok(self.parts.history.histories(workspace, of, limit).await?)
    }

    /// An agent and a page of what it did, before that place.
    pub async fn agent_story(
        &self,
        workspace: &Workspace,
        id: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AgentStory, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let agent = mirror.with(|picture| picture.agent(id).cloned());
        let agent = agent.ok_or_else(|| CoordinatorError::AgentNotFound(id.to_owned()))?;
        let history = &self.parts.history;
        let newest = history.history(workspace, HistoryOf::Agent(id.to_owned()), None, NEWEST).await?;
        let page = history.history(workspace, HistoryOf::Agent(id.to_owned()), before, limit).await?;
        let is_full = page.len() == limit as usize;
        let next = page.last().filter(|_| is_full).map(|stored| stored.sequence);
        let (now, lease_millis) = (self.now(), self.rules.lease_millis);
        Ok(mirror.with(|picture| AgentStory {
            nothing: picture.counts(now).nothing(),
            card: agent_card(picture, agent, &newest, (now, lease_millis)),
            entries: entries(picture, page, now),
            next,
        }))
    }
}

/// An agent as of `now`, with its newest history, newest first; a sign of life renews a lease by so many milliseconds.
pub(super) fn agent_card(
    picture: &Picture,
    agent: Arc<Agent>,
    newest: &[StoredHistory],
    (now, lease_millis): (Moment, i64),
) -> AgentCard {
    let claim = picture.live_claim(&agent, now.store);
    // Each sign of life renews the lease by its whole length.
    let renewed = claim.as_ref().map(|claim| {
        let millis = now.store.since(claim.expires_at.plus(-lease_millis));
        now.wall.plus(-millis.max(0))
    });
    let own = newest.iter().map(|stored| &stored.entry).find(|entry| is_of_agent(entry.action));
    let is_loss = |stored: &&StoredHistory| {
        matches!(stored.entry.action, HistoryAction::LeaseEnded | HistoryAction::Parked)
    };
    let said_at = claim.as_ref().and_then(|claim| {
        let is_of_claim = |entry: &&HistoryEntry| {
            entry.task_id == claim.task_id && entry.generation == Some(claim.generation)
        };
        Some(newest.iter().map(|stored| &stored.entry).find(is_of_claim)?.at)
    });
    AgentCard {
        heard_at: renewed.max(own.map(|entry| entry.at)),
        lost: newest.iter().filter(is_loss).count(),
        last: newest
            .first()
            .map(|stored| entries(picture, vec![stored.clone()], now))
            .and_then(|mut one| one.pop()),
        said_at,
        held: claim.and_then(|claim| Some((picture.card(&claim.task_id, now)?, claim))),
        agent,
    }
}

fn entries(picture: &Picture, page: Vec<StoredHistory>, now: Moment) -> Vec<StoryEntry> {
    let tells_of_deletion = |stored: &&StoredHistory| stored.entry.cause == Some(LossCause::Deleted);
    let deleted: HashSet<_> =
        page.iter().filter(tells_of_deletion).map(|stored| stored.entry.task_id.clone()).collect();
    let entry = |stored: StoredHistory| {
        let task = picture.card(&stored.entry.task_id, now);
        StoryEntry {
            telling: Telling::of(&stored.entry, None),
            is_deleted: task.is_none() && deleted.contains(&stored.entry.task_id),
            task,
            stored,
        }
    };
    page.into_iter().map(entry).collect()
}

/// Whether only a call of the agent itself leaves such an entry.
const fn is_of_agent(action: HistoryAction) -> bool {
    matches!(
        action,
        HistoryAction::Granted
            | HistoryAction::Progress
            | HistoryAction::Resumed
            | HistoryAction::Completed
            | HistoryAction::Blocked
            | HistoryAction::Released
            | HistoryAction::Refused
    )
}
