//! Reports of agents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Annotations, Tool, ToolError, views::Notices};
use crate::{
    coordinator::{AcceptedReport, Coordinator, Report, ReportKind, Suggestions, suggestions},
    model::{AgentId, CallContext, MOST_EXACT, Scope, Severity, Text, Whole},
};

/// A `claim_generation` as it was granted.
pub(super) type Generation = Whole<0, MOST_EXACT>;

pub(super) struct ReportTaskProgress;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportTaskProgressArgs {
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

#[derive(Serialize, JsonSchema)]
pub(super) struct ReportTaskProgressAnswer {
    success: bool,
    message: &'static str,
    task_id: String,
    claim_generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<String>,
    #[serde(skip_serializing_if = "Notices::is_empty")]
    notices: Notices,
}

impl Tool for ReportTaskProgress {
    type Args = ReportTaskProgressArgs;
    type Answer = ReportTaskProgressAnswer;

    fn about(&self) -> About {
        About {
            name: "report_task_progress",
            title: "Report progress",
            description: "Report on the task an agent holds; renews the lease. completed ends it, blocked gives it \
                          up.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: ReportTaskProgressArgs,
    ) -> Result<ReportTaskProgressAnswer, ToolError> {
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
        Ok(ReportTaskProgressAnswer {
            success: true,
            message: "Progress updated successfully",
            task_id: claim.task_id,
            claim_generation: claim.generation,
            lease_expires_at: going_on.then(|| coordinator.now().on_wall(claim.expires_at).rfc3339()),
            notices: Notices(notices),
        })
    }
}

pub(super) struct ReportBlocker;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportBlockerArgs {
    agent_id: AgentId,
    task_id: Text<1, 200>,
    blocker_description: Text<1, 10_000>,
    #[serde(default)]
    severity: Severity,
    /// As granted; a stale one is refused.
    claim_generation: Option<Generation>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ReportBlockerAnswer {
    success: bool,
    suggestions: Suggestions,
    message: &'static str,
    #[serde(skip_serializing_if = "Notices::is_empty")]
    notices: Notices,
}

impl Tool for ReportBlocker {
    type Args = ReportBlockerArgs;
    type Answer = ReportBlockerAnswer;

    fn about(&self) -> About {
        About {
            name: "report_blocker",
            title: "Report blocker",
            description: "Say that the task an agent holds cannot go on: marks it blocked, frees the agent, suggests \
                          what to try.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: ReportBlockerArgs,
    ) -> Result<ReportBlockerAnswer, ToolError> {
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
        Ok(ReportBlockerAnswer {
            success: true,
            suggestions,
            message: "Blocker reported and suggestions provided",
            notices: Notices(notices),
        })
    }
}
