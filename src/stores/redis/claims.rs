//! Agents, claims and completions.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    RedisStore,
    batch::{BatchOutcome, BatchedDecision, DecisionBatch},
    link::failure,
    row::{PartSize, json, to_json, unreadable},
    script::{ScriptArguments, TRIES, script},
};
use crate::{
    model::{Agent, BoardMark, Claim, ClaimState, StoreMillis, StoreShare, StoreTerm, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, StoreError},
};

/// Longest wait for a part of what is read on a connection of its own.
const PART_WAIT: Duration = Duration::from_secs(5);

script!(COMMIT_FIRST, "commit_first");

/// What the script says of a decision that would complete a claim again. Of one of which no choice stood it says -1.
const COMPLETED_BEFORE: i64 = -2;

#[derive(Debug, thiserror::Error)]
#[error("a claim is completed once")]
struct CompletedBefore;

fn agent_row(agent: &Agent) -> String {
    let (held, generation) = match &agent.held {
        Some(held) => (held.task_id.as_str(), held.generation.to_string()),
        None => ("", String::new()),
    };
    format!("{}\n{held}\n{generation}\n{}", agent.version, to_json(agent))
}

fn claim_row(claim: &Claim) -> String {
    let known = claim.moved_at.map_or(claim.seen.at.0, |at| at.0);
    let (version, generation, ends) = (claim.version, claim.generation, claim.expires_at.0);
    let (state, agent) = (claim.state.as_str(), &claim.agent_id);
    format!("{version}\n{state}\n{generation}\n{ends}\n{agent}\n{known}\n{}", to_json(claim))
}

impl RedisStore {
    fn decision(&self, workspace: &Workspace, write: &ConditionalWrite) -> ScriptArguments {
        let arguments = ScriptArguments::default();
        let arguments = match &write.agent {
            Some(agent) => {
                arguments.number(1).bytes(agent.id.as_str()).number(agent.version).bytes(agent_row(agent))
            }
            None => arguments.number(0),
        };
        let arguments = match &write.claim {
            Some(claim) => {
                let watched = claim.state == ClaimState::Live && !claim.expiry_recorded;
                arguments
                    .number(1)
                    .bytes(claim.task_id.as_str())
                    .number(claim.version)
                    .bytes(claim.agent_id.as_str())
                    .number(claim.is_live(write.at).into())
                    .optional(watched.then_some(claim.expires_at.0))
                    .bytes(claim_row(claim))
            }
            None => arguments.number(0),
        };
        let arguments = arguments
            .number(write.at.0)
            .optional(write.moved_at.map(|at| at.0))
            .number(write.unblocked.into())
            .optional(write.settled_before.map(|at| at.0));
        let arguments = match &write.completion {
            Some(done) => arguments
                .number(1)
                .bytes(done.task_id.as_str())
                .number(done.generation)
                .bytes(format!("{}\n{}", done.at.0, done.agent_id)),
            None => arguments.number(0),
        };
        arguments.effects(&self.audit, workspace, &write.effects)
    }

    /// Has the server try the decisions of a batch; how each ended. One that was decided in another term is not tried.
    async fn carry_out(
        &self,
        workspace: &Workspace,
        batch: &DecisionBatch,
    ) -> Result<Vec<BatchOutcome>, StoreError> {
        for _ in 0..TRIES {
            let standing = self.standing(workspace).await?;
            let is_of_now =
                |member: &BatchedDecision| member.terms.iter().all(|term| *term == standing.term.number);
            let is_audited = batch.members().iter().any(|member| member.is_audited);
            let arguments = ScriptArguments::default().number(is_audited.into());
            let arguments = arguments.each(batch.members(), |arguments, member| {
                let choices = if is_of_now(member) { member.choices.as_slice() } else { &[] };
                arguments.each(choices, |arguments, choice| arguments.bytes(choice.as_slice()))
            });
            let run = (&*COMMIT_FIRST, batch.run_id.as_str());
            let answer = self.run_on(workspace, &standing, run, &arguments).await?;
            let Some(answer) = answer else { continue };
            let (outcomes,): (Vec<i64>,) = answer?;
            let outcome = |(member, outcome): (&BatchedDecision, i64)| match outcome {
                _ if !is_of_now(member) => Err(StoreError::Unsettled),
                COMPLETED_BEFORE => Err(StoreError::backend(CompletedBefore)),
                made => Ok(usize::try_from(made).ok()),
            };
            return Ok(batch.members().iter().zip(outcomes).map(outcome).collect());
        }
        Err(StoreError::Busy)
    }

    /// The values of a hash: those of `fields`, or all.
    pub(super) async fn values(
        &self,
        workspace: &Workspace,
        hash: &str,
        fields: Option<&[String]>,
    ) -> Result<HashMap<String, String>, StoreError> {
        let name = self.name(workspace, hash);
        if let Some(fields) = fields {
            let mut found = HashMap::new();
            let (mut size, mut rest) = (PartSize::first(), fields);
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(size.rows().min(rest.len()));
                let values: Vec<Option<String>> =
                    self.link.send(redis::cmd("HMGET").arg(&name).arg(part)).await?;
                size.learn(part.len(), values.iter().flatten().map(String::len).sum());
                rest = behind;
                let pairs = part.iter().cloned().zip(values);
                found.extend(pairs.filter_map(|(field, value)| Some((field, value?))));
            }
            return Ok(found);
        }
        self.scan(&name).await
    }

    /// All of a hash by that full name, a part at a time. A long one is read on a connection of its own, beside which decisions go on.
    pub(super) async fn scan(&self, name: &str) -> Result<HashMap<String, String>, StoreError> {
        let mut size = PartSize::first();
        let part = |cursor: u64, size: &PartSize| {
            redis::cmd("HSCAN").arg(name).arg(cursor).arg("COUNT").arg(size.rows()).to_owned()
        };
        let (mut cursor, rows): (u64, Vec<(String, String)>) = self.link.send(&part(0, &size)).await?;
        let mut found = HashMap::from_iter(rows);
        if cursor == 0 {
            return Ok(found);
        }
        let mut connection = self.link.another(PART_WAIT).await?;
        while cursor != 0 {
            let asked = part(cursor, &size);
            let rows: Vec<(String, String)>;
            (cursor, rows) = asked.query_async(&mut connection).await.map_err(failure)?;
            size.learn(rows.len(), rows.iter().map(|(field, row)| field.len() + row.len()).sum());
            found.extend(rows);
        }
        Ok(found)
    }
}

fn mark(row: &str) -> Result<BoardMark, StoreError> {
    let parts = row.split_once('\n').and_then(|(status, at)| {
        Some(BoardMark {
            status: TaskStatus::from_word(status)?,
            at: StoreMillis(at.trim_end().parse().ok()?),
        })
    });
    parts.ok_or_else(|| unreadable("delivery"))
}

#[async_trait]
impl ClaimStore for RedisStore {
    async fn confirm(&self, workspace: &Workspace) -> Result<(), StoreError> {
        self.mark(workspace).await
    }

    async fn commit_first(
        &self,
        workspace: &Workspace,
        writes: Vec<ConditionalWrite>,
    ) -> Result<Option<usize>, StoreError> {
        let choices = writes.iter().map(|write| self.decision(workspace, write).packed()).collect();
        let terms = writes.iter().filter_map(|write| write.term).collect();
        let is_audited = writes.iter().any(|write| !write.effects.audit.is_empty());
        let queue = Arc::clone(&self.batches.entry(workspace.clone()).or_default());
        let (batch, at) = queue.join(BatchedDecision { choices, terms, is_audited }, || self.run_id());
        let carry_out = || queue.in_turn(&batch, async || self.carry_out(workspace, &batch).await);
        let outcomes = batch.outcomes.get_or_init(carry_out).await;
        let outcome = outcomes.as_ref().map(|outcomes| outcomes.get(at).cloned());
        let made = outcome.map_err(Clone::clone)?.ok_or_else(|| unreadable("answer of a batch"))??;
        let claim = made.and_then(|made| writes.get(made)?.claim.as_ref());
        if let Some(claim) = claim {
            self.heads(workspace, |heads| heads.generation = heads.generation.max(claim.generation));
        }
        Ok(made)
    }

    fn share(&self) -> StoreShare {
        self.link.share()
    }

    fn term(&self, workspace: &Workspace) -> StoreTerm {
        self.known_term(workspace)
    }

    async fn agents(
        &self,
        workspace: &Workspace,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Agent>, StoreError> {
        let rows = self.values(workspace, "agents", ids.as_deref()).await?;
        rows.values().map(|row| json(row, "agent")).collect()
    }

    async fn claims(
        &self,
        workspace: &Workspace,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Claim>, StoreError> {
        let ids = ids.as_deref();
        let rows = self.values(workspace, "claims", ids).await?;
        let delivered = self.values(workspace, "delivered", ids).await?;
        let mut rejected = self.values(workspace, "rejected", ids).await?;
        let claim = |(id, row): (String, String)| {
            let mut claim: Claim = json(&row, "claim")?;
            claim.delivered = delivered.get(&id).map(|row| mark(row)).transpose()?;
            claim.rejected = rejected.remove(&id);
            Ok::<_, StoreError>(claim)
        };
        let claims = rows.into_iter().map(claim).collect::<Result<Vec<_>, _>>()?;
        let newest = claims.iter().map(|claim| claim.generation).max().unwrap_or(0);
        self.heads(workspace, |heads| heads.generation = heads.generation.max(newest));
        Ok(claims)
    }

    async fn expired(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let leases = self.name(workspace, "leases");
        let mut due = redis::cmd("ZRANGEBYSCORE");
        due.arg(leases).arg("-inf").arg(now.0).arg("LIMIT").arg(0).arg(limit);
        let ids: Vec<String> = self.link.send(&due).await?;
        let mut found = self.claims(workspace, Some(ids)).await?;
        // What was decided meanwhile counts.
        found.retain(|claim| {
            claim.state == ClaimState::Live && !claim.expiry_recorded && claim.expires_at <= now
        });
        found.sort_by(|one, other| (one.expires_at, &one.task_id).cmp(&(other.expires_at, &other.task_id)));
        Ok(found)
    }
}
