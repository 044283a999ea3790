//! Keeping a task, and giving it back.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Annotations, Tool, ToolError, reports::Generation, schema::given};
use crate::{
    coordinator::{AcceptedReport, Coordinator, Report, ReportKind},
    model::{AgentId, CallContext, Scope, Text},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeartbeatArgs {
    agent_id: AgentId,
    /// Unless given, the task it holds.
    task_id: Option<Text<0, 200>>,
    claim_generation: Option<Generation>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseArgs {
    agent_id: AgentId,
    task_id: Text<1, 200>,
    /// Why, and what is there already: the next holder reads it.
    #[serde(default)]
    message: Text<0, 10_000>,
    claim_generation: Option<Generation>,
}

#[derive(Serialize, JsonSchema)]
struct LeaseAnswer {
    success: bool,
    task_id: String,
    claim_generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<String>,
    /// What happened to the agent's tasks since its last call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

pub(super) fn heartbeat(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: HeartbeatArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move {
            let task_id = given(args.task_id);
            let report = Report {
                agent_id: &args.agent_id,
                task_id: task_id.as_deref(),
                generation: args.claim_generation.map(Generation::get),
                kind: ReportKind::Heartbeat,
                message: "",
            };
            answer(&coordinator, &context, report).await
        }
    };
    Tool::typed("heartbeat", "Heartbeat", "Renew the lease on the task an agent holds.", run)
        .hints(Annotations::IDEMPOTENT)
        .needs(Scope::BoardWrite)
}

pub(super) fn release_task(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: ReleaseArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move {
            let report = Report {
                agent_id: &args.agent_id,
                task_id: Some(args.task_id.as_str()),
                generation: args.claim_generation.map(Generation::get),
                kind: ReportKind::Release,
                message: args.message.as_str(),
            };
            answer(&coordinator, &context, report).await
        }
    };
    Tool::typed("release_task", "Release task", "Give a task back, so that another agent gets it.", run)
        .hints(Annotations::IDEMPOTENT)
        .needs(Scope::BoardWrite)
}

async fn answer(
    coordinator: &Coordinator,
    context: &CallContext,
    report: Report<'_>,
) -> Result<LeaseAnswer, ToolError> {
    let keeps = matches!(report.kind, ReportKind::Heartbeat);
    let AcceptedReport { claim, notices } =
        coordinator.report(&context.principal, &context.request_id, report).await?;
    Ok(LeaseAnswer {
        success: true,
        task_id: claim.task_id,
        claim_generation: claim.generation,
        lease_expires_at: keeps.then(|| coordinator.now().on_wall(claim.expires_at).rfc3339()),
        notices,
    })
}
