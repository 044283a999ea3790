//! Reports of agents.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Annotations, Tool, ToolError};
use crate::{
    coordinator::{AcceptedReport, Coordinator, Report, ReportKind, Suggestions, suggestions},
    model::{AgentId, CallContext, MOST_EXACT, Scope, Severity, Text, Whole},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProgressArgs {
    agent_id: AgentId,
    task_id: Text<1, 200>,
    status: ReportedStatus,
    #[serde(default)]
    progress: Whole<0, 100>,
    #[serde(default)]
    message: Text<0, 10_000>,
    /// As granted; a stale one is refused.
    claim_generation: Option<Generation>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReportedStatus {
    InProgress,
    Completed,
    Blocked,
}

/// A `claim_generation` as it was granted.
pub(super) type Generation = Whole<0, MOST_EXACT>;

#[derive(Serialize, JsonSchema)]
struct ProgressAnswer {
    success: bool,
    message: &'static str,
    task_id: String,
    claim_generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<String>,
    /// What happened to the agent's tasks since its last call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BlockerArgs {
    agent_id: AgentId,
    task_id: Text<1, 200>,
    blocker_description: Text<1, 10_000>,
    #[serde(default)]
    severity: Severity,
    /// As granted; a stale one is refused.
    claim_generation: Option<Generation>,
}

#[derive(Serialize, JsonSchema)]
struct BlockerAnswer {
    success: bool,
    suggestions: Suggestions,
    message: &'static str,
    /// What happened to the agent's tasks since its last call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
}

pub(super) fn report_task_progress(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: ProgressArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move { progress(&coordinator, &context, args).await }
    };
    let about =
        "Report on the task an agent holds; renews the lease. completed ends it, blocked gives it up.";
    Tool::typed("report_task_progress", "Report progress", about, run)
        .hints(Annotations::IDEMPOTENT)
        .needs(Scope::BoardWrite)
}

async fn progress(
    coordinator: &Coordinator,
    context: &CallContext,
    args: ProgressArgs,
) -> Result<ProgressAnswer, ToolError> {
    let kind = match args.status {
        ReportedStatus::InProgress => ReportKind::Progress(args.progress.get() as u8),
        ReportedStatus::Completed => ReportKind::Complete,
        ReportedStatus::Blocked => {
            let severity = Severity::Medium;
            let advice = suggestions(args.message.as_str(), &[], "", severity).lines();
            ReportKind::Block { severity, advice }
        }
    };
    let going_on = matches!(kind, ReportKind::Progress(_));
    let report = Report {
        agent_id: &args.agent_id,
        task_id: Some(args.task_id.as_str()),
        generation: args.claim_generation.map(Generation::get),
        kind,
        message: args.message.as_str(),
    };
    let AcceptedReport { claim, notices } =
        coordinator.report(&context.principal, &context.request_id, report).await?;
    Ok(ProgressAnswer {
        success: true,
        message: "Progress updated successfully",
        task_id: claim.task_id,
        claim_generation: claim.generation,
        lease_expires_at: going_on.then(|| coordinator.now().on_wall(claim.expires_at).rfc3339()),
        notices,
    })
}

pub(super) fn report_blocker(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: BlockerArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move { blocker(&coordinator, &context, args).await }
    };
    let about = "Say that the task an agent holds cannot go on: marks it blocked, frees the agent, suggests what to try.";
    Tool::typed("report_blocker", "Report blocker", about, run)
        .hints(Annotations::IDEMPOTENT)
        .needs(Scope::BoardWrite)
}

async fn blocker(
    coordinator: &Coordinator,
    context: &CallContext,
    args: BlockerArgs,
) -> Result<BlockerAnswer, ToolError> {
    let text = args.blocker_description.as_str();
    let card = coordinator.task(&context.principal, args.task_id.as_str()).await?;
    let role = coordinator.agent(&context.principal, &args.agent_id).await?.agent.profile.role.clone();
    let suggestions = suggestions(text, &card.task.labels, &role, args.severity);
    let report = Report {
        agent_id: &args.agent_id,
        task_id: Some(args.task_id.as_str()),
        generation: args.claim_generation.map(Generation::get),
        kind: ReportKind::Block { severity: args.severity, advice: suggestions.lines() },
        message: text,
    };
    let AcceptedReport { notices, .. } =
        coordinator.report(&context.principal, &context.request_id, report).await?;
    Ok(BlockerAnswer {
        success: true,
        suggestions,
        message: "Blocker reported and suggestions provided",
        notices,
    })
}
