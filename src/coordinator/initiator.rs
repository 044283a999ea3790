//! On whose behalf something is decided, and what goes with it for that reason: board writes, audit, events.

use super::core::{Decision, Outcome, history};
use crate::{
    model::{
        Actor, AuditRecord, BoardWrite, Effects, Event, EventKind, Moment, OutboxEntry, Principal, RequestId,
        StoreTerm, UnixMillis, Workspace, new_id,
    },
    stores::{Completion, ConditionalWrite},
};

/// Characters of a message that go into the event log.
const DETAIL_CHARS: usize = 500;

/// On whose behalf something is decided.
pub(super) struct Initiator<'a> {
    pub(super) workspace: &'a Workspace,
    /// The key that acts, or `system`.
    pub(super) key: &'a str,
    pub(super) request_id: &'a str,
}

impl<'a> Initiator<'a> {
    pub(super) fn of(principal: &'a Principal, request_id: &'a RequestId) -> Self {
        Self { workspace: &principal.workspace, key: &principal.key_id, request_id: request_id.as_str() }
    }

    pub(super) const fn system(workspace: &'a Workspace, request_id: &'a str) -> Self {
        Self { workspace, key: "system", request_id }
    }

    /// The decision as a store carries it out, given what was known of a person's last move of its task.
    pub(super) fn conditional(
        &self,
        (decision, term): (&Decision, StoreTerm),
        moved_at: Option<UnixMillis>,
        now: Moment,
    ) -> ConditionalWrite {
        let completion = decision.claim.as_ref().filter(|_| decision.completes()).map(|claim| Completion {
            task_id: claim.task_id.clone(),
            generation: claim.generation,
            agent_id: claim.agent_id.clone(),
            at: now.wall,
        });
        ConditionalWrite {
            agent: decision.agent.clone(),
            claim: decision.claim.clone(),
            moved_at,
            unblocked: moved_at.is_some() && decision.outcome == Outcome::Granted,
            term: Some(term.number),
            at: now.store,
            settled_before: None,
            completion,
            effects: Effects {
                history: history::entries(decision, self.key, now),
                ..self.effects(decision, moved_at, now.wall)
            },
        }
    }

    fn effects(&self, decision: &Decision, moved_at: Option<UnixMillis>, now: UnixMillis) -> Effects {
        let action = decision.action.unwrap_or_default();
        let mut effects = Effects::default();
        let mut target = String::new();
        if let Some(agent) = &decision.agent {
            let named = if decision.claim.is_none() { action } else { "" };
            agent.id.as_str().clone_into(&mut target);
            effects.events.push(Event {
                version: agent.version,
                agent_id: target.clone(),
                ..Event::about(EventKind::Agent, agent.id.as_str(), named, now)
            });
        }
        if let Some(claim) = &decision.claim {
            target.clone_from(&claim.task_id);
            effects.events.push(Event {
                version: claim.version,
                agent_id: claim.agent_id.clone(),
                detail: claim.message.chars().take(DETAIL_CHARS).collect(),
                ..Event::about(EventKind::Claim, &claim.task_id, action, now)
            });
            let owed = |write: &BoardWrite| self.owed(&claim.task_id, write.clone(), moved_at, now);
            effects.outbox = decision.writes.iter().map(owed).collect();
        }
        if decision.audited {
            effects.audit.push(self.audit(action, target, now));
        }
        effects
    }

    pub(super) fn audit(&self, action: &'static str, target: String, at: UnixMillis) -> AuditRecord {
        Actor { name: self.key, request_id: self.request_id }.audit(action, target, at)
    }

    pub(super) fn owed(
        &self,
        task_id: &str,
        write: BoardWrite,
        moved_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> OutboxEntry {
        let workspace = self.workspace.clone();
        OutboxEntry { id: new_id(now), at: now, workspace, task_id: task_id.to_owned(), moved_at, write }
    }
}
