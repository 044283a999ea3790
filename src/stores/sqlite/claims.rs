//! Agents, claims and completions.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    SqliteStore,
    effects::append,
    row::{json, to_json, word},
};
use crate::{
    model::{Agent, AgentId, Claim, ClaimState, Effects, UnixMillis, Workspace},
    stores::{
        ClaimOutcome, ClaimRequest, ClaimStore, HandOff, Holding, Registration, Report, ReportKind,
        ReportOutcome, StoreError,
    },
};

const AGENTS: &str = "SELECT a.*, (SELECT COUNT(*) FROM completions AS c WHERE c.workspace = a.workspace
    AND c.agent_id = a.id) AS completed FROM agents AS a WHERE a.workspace = ?1";

fn read_claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        task_id: row.get("task_id")?,
        agent_id: row.get("agent_id")?,
        generation: row.get("generation")?,
        state: word(row, "state", ClaimState::from_word)?,
        granted_at: UnixMillis(row.get("granted_at")?),
        expires_at: UnixMillis(row.get("expires_at")?),
        progress: row.get("progress")?,
        message: row.get("message")?,
    })
}

fn read_agent(row: &Row<'_>) -> rusqlite::Result<Agent> {
    let id: String = row.get("id")?;
    Ok(Agent {
        id: AgentId::try_from(id).map_err(|_| rusqlite::Error::InvalidQuery)?,
        owner: row.get("owner")?,
        name: row.get("name")?,
        role: row.get("role")?,
        skills: json(row, "skills")?,
        registered_at: UnixMillis(row.get("registered_at")?),
        completed: row.get("completed")?,
    })
}

fn claim_of(connection: &Connection, workspace: &str, task_id: &str) -> Result<Option<Claim>, StoreError> {
    let sql = "SELECT * FROM claims WHERE workspace = ?1 AND task_id = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([workspace, task_id], read_claim).optional()?)
}

fn live_claim_by(
    connection: &Connection,
    workspace: &str,
    agent_id: &str,
    now: UnixMillis,
) -> Result<Option<Claim>, StoreError> {
    let sql =
        "SELECT * FROM claims WHERE workspace = ?1 AND agent_id = ?2 AND state = 'live' AND expires_at > ?3
        ORDER BY granted_at DESC, task_id LIMIT 1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params![workspace, agent_id, now.0], read_claim)
        .optional()?)
}

fn put_claim(connection: &Connection, workspace: &str, claim: &Claim) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO claims VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
        workspace,
        claim.task_id,
        claim.agent_id,
        claim.generation,
        claim.state.as_str(),
        claim.granted_at.0,
        claim.expires_at.0,
        claim.progress,
        claim.message
    ])?;
    Ok(())
}

fn grant(connection: &Connection, request: &ClaimRequest) -> Result<ClaimOutcome, StoreError> {
    let (workspace, now) = (request.workspace.as_str(), request.now);
    if let Some(mut held) = live_claim_by(connection, workspace, &request.agent_id, now)? {
        held.expires_at = held.expires_at.max(now.plus(request.lease_millis));
        put_claim(connection, workspace, &held)?;
        return Ok(ClaimOutcome::Held(held));
    }
    for candidate in &request.candidates {
        let last = claim_of(connection, workspace, &candidate.task_id)?;
        if last.as_ref().is_some_and(|claim| claim.is_live(now) || claim.state != ClaimState::Live) {
            continue;
        }
        let claim = Claim {
            task_id: candidate.task_id.clone(),
            agent_id: request.agent_id.clone(),
            generation: last.as_ref().map_or(0, |claim| claim.generation + 1).max(now.seconds()),
            state: ClaimState::Live,
            granted_at: now,
            expires_at: now.plus(request.lease_millis),
            progress: 0,
            message: String::new(),
        };
        put_claim(connection, workspace, &claim)?;
        append(connection, workspace, &candidate.effects)?;
        let hand_off = last.map(|last| HandOff {
            held_millis: last.expires_at.0 - last.granted_at.0,
            agent_id: last.agent_id,
            progress: last.progress,
            message: last.message,
        });
        return Ok(ClaimOutcome::Granted(claim, hand_off));
    }
    Ok(ClaimOutcome::AllTaken)
}

fn take_report(connection: &Connection, report: &Report) -> Result<ReportOutcome, StoreError> {
    let (workspace, now) = (report.workspace.as_str(), report.now);
    let Some(mut claim) = claim_of(connection, workspace, &report.task_id)? else {
        return Ok(ReportOutcome::NotHolder);
    };
    let generation_fits = report.generation.is_none_or(|generation| generation == claim.generation);
    if claim.agent_id != report.agent_id || !generation_fits {
        return Ok(ReportOutcome::NotHolder);
    }
    match (claim.state, &report.kind) {
        (ClaimState::Done, ReportKind::Complete) | (ClaimState::Blocked, ReportKind::Block) => {
            return Ok(ReportOutcome::Repeated(claim));
        }
        (ClaimState::Done | ClaimState::Blocked, _) => return Ok(ReportOutcome::NotHolder),
        (ClaimState::Live, _) => {}
    }
    let late = !claim.is_live(now) && !matches!(report.kind, ReportKind::Complete);
    if late && live_claim_by(connection, workspace, &report.agent_id, now)?.is_some() {
        return Ok(ReportOutcome::NotHolder);
    }
    claim.expires_at = claim.expires_at.max(now.plus(report.lease_millis));
    claim.message.clone_from(&report.message);
    match report.kind {
        ReportKind::Progress { progress } => claim.progress = progress,
        ReportKind::Complete => {
            (claim.state, claim.progress) = (ClaimState::Done, 100);
            connection
                .prepare_cached("INSERT INTO completions VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![workspace, claim.task_id, claim.generation, claim.agent_id, now.0])?;
        }
        ReportKind::Block => claim.state = ClaimState::Blocked,
    }
    put_claim(connection, workspace, &claim)?;
    append(connection, workspace, &report.effects)?;
    Ok(ReportOutcome::Accepted(claim))
}

fn register(
    connection: &Connection,
    workspace: &str,
    agent: &Registration,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let registered = connection
        .prepare_cached(
            "INSERT INTO agents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (workspace, id) DO UPDATE SET
             name = excluded.name, role = excluded.role, skills = excluded.skills, updated_at = excluded.updated_at
             WHERE agents.owner = excluded.owner",
        )?
        .execute(params![
            workspace,
            agent.id.as_str(),
            agent.owner,
            agent.name,
            agent.role,
            to_json(&agent.skills),
            now.0
        ])?;
    Ok(registered > 0)
}

#[async_trait]
impl ClaimStore for SqliteStore {
    async fn register_agent(
        &self,
        workspace: &Workspace,
        registration: Registration,
        now: UnixMillis,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let registered = register(connection, workspace.as_str(), &registration, now)?;
                if registered {
                    append(connection, workspace.as_str(), &effects)?;
                }
                Ok(registered)
            })
            .await
    }

    async fn agent(
        &self,
        workspace: &Workspace,
        id: &str,
        now: UnixMillis,
    ) -> Result<Option<Holding>, StoreError> {
        let (workspace, id) = (workspace.clone(), id.to_owned());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{AGENTS} AND a.id = ?2"))?;
            let found = statement.query_row([workspace.as_str(), &id], read_agent).optional()?;
            let Some(agent) = found else { return Ok(None) };
            let claim = live_claim_by(connection, workspace.as_str(), &id, now)?;
            Ok(Some(Holding { agent, claim }))
        })
        .await
    }

    async fn agents(&self, workspace: &Workspace, now: UnixMillis) -> Result<Vec<Holding>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{AGENTS} ORDER BY a.id"))?;
            let agents =
                statement.query_map([workspace.as_str()], read_agent)?.collect::<Result<Vec<_>, _>>()?;
            let with_claim = agents.into_iter().map(|agent| {
                let claim = live_claim_by(connection, workspace.as_str(), agent.id.as_str(), now)?;
                Ok(Holding { agent, claim })
            });
            with_claim.collect()
        })
        .await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<ClaimOutcome, StoreError> {
        self.writer.write(false, move |connection| grant(connection, &request)).await
    }

    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError> {
        self.writer.write(false, move |connection| take_report(connection, &report)).await
    }

    async fn claims(&self, workspace: &Workspace) -> Result<Vec<Claim>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM claims WHERE workspace = ?1 ORDER BY task_id")?;
            let rows = statement.query_map([workspace.as_str()], read_claim)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn claim_of(&self, workspace: &Workspace, task_id: &str) -> Result<Option<Claim>, StoreError> {
        let (workspace, task_id) = (workspace.clone(), task_id.to_owned());
        self.read(move |connection| claim_of(connection, workspace.as_str(), &task_id)).await
    }
}
