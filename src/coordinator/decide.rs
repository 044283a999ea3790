//! Carries a decision of the core out: on the records as the mirror has them, under their versions, again on fresh ones
//! when somebody was quicker. Nothing is refused on records that may be old.

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Step, step},
    mirror::{Looked, Mirror},
};
use crate::{model::Workspace, stores::ConditionalWrite};

/// Tries before a caller is told to come again. Each failed one means that another decision was made.
pub(super) const ATTEMPTS: usize = 32;

impl Coordinator {
    /// Decides about an agent, a task, or both.
    pub(super) async fn decide(
        &self,
        actor: &Actor<'_>,
        agent_id: Option<&str>,
        task_id: Option<&str>,
        event: &Happening,
    ) -> Result<Decided, CoordinatorError> {
        let mirror = self.mirrors.of(actor.workspace).await?;
        let mut is_fresh = false;
        let is_board = matches!(event, Happening::Board { .. });
        for _ in 0..ATTEMPTS {
            let snapshot = mirror.with(|picture| picture.snapshot(agent_id, task_id));
            let now = self.now();
            let moved_at = snapshot.on_board.and_then(|found| found.moved_at);
            if !is_board && snapshot.was_moved() {
                let moved = vec![task_id.unwrap_or_default().to_owned()];
                let looked = Looked { found: moved, gone: Vec::new(), read_at: now.store };
                Box::pin(self.look_at(actor.workspace, &mirror, looked)).await?;
                self.freshen(&mirror, actor.workspace, agent_id, task_id).await?;
                continue;
            }
            match step(self.rules, &snapshot, event, now) {
                Ok(step) if step.changes_something() => {
                    let mut write = actor.conditional(&step, moved_at, now);
                    match event {
                        Happening::Board { found: None, .. } if moved_at.is_some() => write.moved_at = None,
                        Happening::Board { read_at, .. } if moved_at.is_none() => {
                            write.settled_before = Some(*read_at);
                        }
                        _ => {}
                    }
                    if self.store_first(actor, vec![write]).await?.is_some() {
                        self.carried_out(&mirror, &step);
                        return Ok(Decided::Done(Box::new(step)));
                    }
                }
                Ok(step) if is_fresh => return Ok(Decided::Done(Box::new(step))),
                Err(refusal) if is_fresh => return Ok(Decided::Refused(refusal)),
                Ok(_) | Err(_) => {}
            }
            // Whether a board that cannot say so was moved by a person is looked at again later; nobody waits for it.
            if is_board && is_fresh && moved_at.is_none() {
                break;
            }
            self.freshen(&mirror, actor.workspace, agent_id, task_id).await?;
            if let Some(task_id) = task_id.filter(|_| moved_at.is_some()) {
                let tasks = vec![task_id.to_owned()];
                let looked = self.mirrors.reread_tasks(actor.workspace, &mirror, tasks).await?;
                if !is_board {
                    Box::pin(self.look_at(actor.workspace, &mirror, looked)).await?;
                }
            }
            is_fresh = true;
        }
        Err(CoordinatorError::Contended)
    }

    /// Has the store carry out the first of these that still holds.
    pub(super) async fn store_first(
        &self,
        actor: &Actor<'_>,
        writes: Vec<ConditionalWrite>,
    ) -> Result<Option<usize>, CoordinatorError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("decision-made", |_| std::process::abort());
        let stored = self.parts.claims.commit_first(actor.workspace, writes).await?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("decision-stored", |_| std::process::abort());
        Ok(stored)
    }

    /// Puts a decision that was made into the mirror and wakes who has to act on it.
    pub(super) fn carried_out(&self, mirror: &Mirror, step: &Step) {
        let now = self.now();
        mirror.with(|picture| {
            step.agent.iter().for_each(|agent| picture.put_agent(agent.clone(), now));
            step.claim.iter().for_each(|claim| picture.put_claim(claim.clone(), now));
        });
        if !step.writes.is_empty() {
            self.parts.owed.notify_one();
        }
    }

    /// Reads an agent, what it holds, and a claim from the store.
    pub(super) async fn freshen(
        &self,
        mirror: &Mirror,
        workspace: &Workspace,
        agent_id: Option<&str>,
        task_id: Option<&str>,
    ) -> Result<(), CoordinatorError> {
        let agents = agent_id.map(str::to_owned).into_iter().collect();
        let claims = task_id.map(str::to_owned).into_iter().collect();
        self.mirrors.reread(workspace, mirror, agents, claims).await?;
        let held = mirror.with(|picture| Some(picture.agent(agent_id?)?.held.as_ref()?.task_id.clone()));
        match held.filter(|held| Some(held.as_str()) != task_id) {
            Some(held) => self.mirrors.reread(workspace, mirror, Vec::new(), vec![held]).await,
            None => Ok(()),
        }
    }
}
