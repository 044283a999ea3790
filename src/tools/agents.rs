//! Registering agents and looking at them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Annotations, Tool, ToolError, pages::Page, schema::given};
use crate::{
    coordinator::{AgentPage, AgentWithClaim, Coordinator},
    model::{AgentId, CallContext, List, Profile, Scope, Text, Whole, visible},
};

pub(super) struct RegisterAgent;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterAgentArgs {
    /// Unique in the workspace; no spaces at its ends, no control characters.
    agent_id: AgentId,
    name: Text<1, 200>,
    /// Such as Backend Developer.
    role: Text<1, 200>,
    #[serde(default)]
    skills: List<Text<1, 100>, 50>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RegisterAgentAnswer {
    success: bool,
    message: String,
    agent_id: String,
}

impl Tool for RegisterAgent {
    type Args = RegisterAgentArgs;
    type Answer = RegisterAgentAnswer;

    fn about(&self) -> About {
        About {
            name: "register_agent",
            title: "Register agent",
            description: "Register an agent, or update its name, role and skills. Do this before asking for tasks.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: RegisterAgentArgs,
    ) -> Result<RegisterAgentAnswer, ToolError> {
        let id = args.agent_id.as_str();
        if id.trim() != id || visible(id) != id {
            return Err(ToolError::argument(
                "agent_id",
                "expected no space at its ends and no invisible characters",
            ));
        }
        let (agent_id, name) = (args.agent_id.as_str().to_owned(), args.name.into_string());
        let profile = Profile {
            name: name.clone(),
            role: args.role.into_string(),
            skills: args.skills.into_vec().into_iter().map(Text::into_string).collect(),
        };
        coordinator.register(&context.principal, &context.request_id, args.agent_id, profile).await?;
        let message = format!("Agent {name} registered successfully");
        Ok(RegisterAgentAnswer { success: true, message, agent_id })
    }
}

pub(super) struct GetAgentStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetAgentStatusArgs {
    agent_id: AgentId,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct GetAgentStatusAnswer {
    success: bool,
    agent: AgentDetail,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_assignment: Option<Assignment>,
}

#[derive(Serialize, JsonSchema)]
struct AgentDetail {
    #[serde(flatten)]
    agent: ListedAgent,
    /// Kept for older clients; always 1.
    performance_score: f64,
}

#[derive(Serialize, JsonSchema)]
struct Assignment {
    task_id: String,
    task_name: String,
    instructions: String,
    assigned_at: String,
    lease_expires_at: String,
    claim_generation: i64,
    progress: u8,
}

impl Tool for GetAgentStatus {
    type Args = GetAgentStatusArgs;
    type Answer = GetAgentStatusAnswer;

    fn about(&self) -> About {
        About {
            name: "get_agent_status",
            title: "Agent status",
            description: "One agent: role, skills, whether it is available or working, and the task it holds.",
            annotations: Annotations::READ,
            scope: Some(Scope::BoardRead),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: GetAgentStatusArgs,
    ) -> Result<GetAgentStatusAnswer, ToolError> {
        let holding = coordinator.agent(&context.principal, &args.agent_id).await?;
        let current_assignment = assignment(coordinator, context, &holding).await?;
        let agent = AgentDetail { agent: listed(&holding), performance_score: 1.0 };
        Ok(GetAgentStatusAnswer { success: true, agent, current_assignment })
    }
}

async fn assignment(
    coordinator: &Coordinator,
    context: &CallContext,
    holding: &AgentWithClaim,
) -> Result<Option<Assignment>, ToolError> {
    let Some(claim) = &holding.claim else { return Ok(None) };
    let card = coordinator.task(&context.principal, &claim.task_id).await?;
    let now = coordinator.now();
    Ok(Some(Assignment {
        instructions: coordinator.instructions_for(&context.principal, &card, claim).await?,
        task_id: card.task.id.clone(),
        task_name: visible(&card.task.title),
        assigned_at: now.on_wall(claim.granted_at).rfc3339(),
        lease_expires_at: now.on_wall(claim.expires_at).rfc3339(),
        claim_generation: claim.generation,
        progress: claim.progress,
    }))
}

pub(super) struct ListRegisteredAgents;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListRegisteredAgentsArgs {
    #[serde(default = "page_size")]
    limit: Whole<1, 200>,
    /// `next_cursor` of the page before.
    cursor: Option<Text<0, 200>>,
}

/// Agents of one page unless the caller says otherwise.
const fn page_size() -> Whole<1, 200> {
    Whole::of::<200>()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ListRegisteredAgentsAnswer {
    success: bool,
    agents: Page<ListedAgent>,
    /// Agents on all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ListedAgent {
    id: String,
    name: String,
    role: String,
    status: &'static str,
    skills: Vec<String>,
    current_task: Option<String>,
    total_completed: u32,
}

impl Tool for ListRegisteredAgents {
    type Args = ListRegisteredAgentsArgs;
    type Answer = ListRegisteredAgentsAnswer;

    fn about(&self) -> About {
        About {
            name: "list_registered_agents",
            title: "Agents",
            description: "The agents of the workspace, by id, paged.",
            annotations: Annotations::READ,
            scope: Some(Scope::BoardRead),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: ListRegisteredAgentsArgs,
    ) -> Result<ListRegisteredAgentsAnswer, ToolError> {
        let (after, limit) = (given(args.cursor), args.limit.get() as usize);
        let AgentPage { holdings, total, more } =
            coordinator.agents(&context.principal, after.as_deref(), limit).await?;
        let agents = Page::of(holdings.iter().map(listed));
        let last = agents.last(&holdings, more);
        let next_cursor = last.map(|holding| holding.agent.id.as_str().to_owned());
        Ok(ListRegisteredAgentsAnswer { success: true, agents, total, next_cursor })
    }
}

fn listed(holding: &AgentWithClaim) -> ListedAgent {
    let agent = &holding.agent;
    ListedAgent {
        id: agent.id.as_str().to_owned(),
        name: visible(&agent.profile.name),
        role: visible(&agent.profile.role),
        status: if holding.claim.is_some() { "working" } else { "available" },
        skills: agent.profile.skills.iter().map(|skill| visible(skill)).collect(),
        current_task: holding.claim.as_ref().map(|claim| claim.task_id.clone()),
        total_completed: agent.completed,
    }
}
