//! Keeping a task, and giving it back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Annotations, Tool, ToolError, reports::Generation, schema::given, views::Notices};
use crate::{
    coordinator::{AcceptedReport, Coordinator, Report, ReportKind},
    model::{AgentId, CallContext, Scope, Text},
};

pub(super) struct Heartbeat;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HeartbeatArgs {
    agent_id: AgentId,
    /// Unless given, the task it holds.
    task_id: Option<Text<0, 200>>,
    claim_generation: Option<Generation>,
}

/// The lease of a task as a call leaves it.
#[derive(Serialize, JsonSchema)]
pub(super) struct LeaseAnswer {
    success: bool,
    task_id: String,
    claim_generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_expires_at: Option<String>,
    #[serde(skip_serializing_if = "Notices::is_empty")]
    notices: Notices,
}

impl Tool for Heartbeat {
    type Args = HeartbeatArgs;
    type Answer = LeaseAnswer;

    fn about(&self) -> About {
        About {
            name: "heartbeat",
            title: "Heartbeat",
            description: "Renew the lease on the task an agent holds.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: HeartbeatArgs,
    ) -> Result<LeaseAnswer, ToolError> {
        let task_id = given(args.task_id);
        let report = Report {
            agent_id: &args.agent_id,
            task_id: task_id.as_deref(),
            generation: args.claim_generation.map(Generation::get),
            kind: ReportKind::Heartbeat,
            message: "",
        };
        report_on_lease(coordinator, context, report).await
    }
}

pub(super) struct ReleaseTask;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseTaskArgs {
    agent_id: AgentId,
    task_id: Text<1, 200>,
    /// Why, and what is there already: the next holder reads it.
    #[serde(default)]
    message: Text<0, 10_000>,
    claim_generation: Option<Generation>,
}

impl Tool for ReleaseTask {
    type Args = ReleaseTaskArgs;
    type Answer = LeaseAnswer;

    fn about(&self) -> About {
        About {
            name: "release_task",
            title: "Release task",
            description: "Give a task back, so that another agent gets it.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: ReleaseTaskArgs,
    ) -> Result<LeaseAnswer, ToolError> {
        let report = Report {
            agent_id: &args.agent_id,
            task_id: Some(args.task_id.as_str()),
            generation: args.claim_generation.map(Generation::get),
            kind: ReportKind::Release,
            message: args.message.as_str(),
        };
        report_on_lease(coordinator, context, report).await
    }
}

async fn report_on_lease(
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
        notices: Notices(notices),
    })
}
