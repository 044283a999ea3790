//! `taskgate agents`: an administrator's hand on agents. One whose owner has no key any more is taken from it, so that another may
//! register the id.

use std::{
    collections::BTreeMap,
    io::{Write, stdout},
};

use super::{
    arguments::AgentCommand,
    command::{ACTOR, CommandOutcome},
};
use crate::{
    app::Services,
    config::Settings,
    coordinator::CoordinatorError,
    model::{RequestId, Workspace, visible},
    shutdown::Lifecycle,
};

/// Runs an agent command.
pub(super) async fn run(settings: Settings, command: AgentCommand) -> CommandOutcome {
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let outcome = match command {
        AgentCommand::List => list(&services).await,
        AgentCommand::Release { agent_id } => release(&services, &agent_id).await,
    };
    services.keep_audit_head().await?;
    outcome
}

async fn list(services: &Services) -> CommandOutcome {
    let (workspace, now) = (Workspace::default(), services.clock.store_now());
    let mut agents = services.store.agents(&workspace, None).await?;
    agents.sort_by(|one, other| one.id.cmp(&other.id));
    let held = agents.iter().filter_map(|agent| agent.held.as_ref().map(|held| held.task_id.clone()));
    let claims = services.store.claims(&workspace, Some(held.collect())).await?;
    let claims: BTreeMap<_, _> = claims.iter().map(|claim| (claim.task_id.as_str(), claim)).collect();
    let mut out = stdout();
    writeln!(out, "{:24}  {:36}  {:10}  {:24}  NAME", "ID", "OWNER", "HOLDS", "REGISTERED")?;
    for agent in &agents {
        let claim = agent.held.as_ref().and_then(|held| claims.get(held.task_id.as_str()));
        let task = match claim.filter(|claim| agent.holds(claim, now)) {
            Some(claim) => services.store.task(&workspace, &claim.task_id).await?.map(|task| task.key),
            None => None,
        };
        let owner = if agent.owner.is_empty() { "-" } else { &agent.owner };
        writeln!(
            out,
            "{:24}  {:36}  {:10}  {:24}  {}",
            visible(agent.id.as_str()),
            visible(owner),
            task.as_deref().unwrap_or("-"),
            agent.registered_at.rfc3339(),
            visible(&agent.profile.name)
        )?;
    }
    Ok(())
}

async fn release(services: &Services, agent_id: &str) -> CommandOutcome {
    let request_id = RequestId::accept(None, services.clock.now());
    let workspace = Workspace::default();
    let freed = services.coordinator.release_agent(&workspace, (ACTOR, &request_id), agent_id).await;
    let freed = match freed {
        Err(CoordinatorError::AgentNotFound(_)) => {
            return Err(format!("there is no agent `{agent_id}`: taskgate agents list shows them").into());
        }
        freed => freed?,
    };
    let task = freed.map_or_else(String::new, |task| format!(", which held {task}"));
    writeln!(stdout(), "released {agent_id}{task}; whoever registers it next owns it")?;
    Ok(())
}
