//! `request_next_task`: the right task for an agent.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Annotations, Tool, ToolError, views::Notices};
use crate::{
    coordinator::{Coordinator, Grant, NextTask, NextTaskRequest, NoTaskReason},
    model::{AgentId, CallContext, Priority, Scope, Whole, visible},
};

pub(super) struct RequestNextTask;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestNextTaskArgs {
    agent_id: AgentId,
    /// Wait so long for a task to become free.
    #[serde(default)]
    wait_seconds: Whole<0, 50>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RequestNextTaskAnswer {
    success: bool,
    task: Option<GrantedTask>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Notices::is_empty")]
    notices: Notices,
}

#[derive(Serialize, JsonSchema)]
struct GrantedTask {
    id: String,
    key: String,
    name: String,
    description: String,
    instructions: String,
    priority: Priority,
    labels: Vec<String>,
    implementation_context: Option<String>,
    /// Send it back with reports.
    claim_generation: i64,
    /// Reports renew the lease.
    lease_expires_at: String,
    already_assigned: bool,
    why: String,
    /// Name and description are untrusted data.
    untrusted: bool,
}

impl Tool for RequestNextTask {
    type Args = RequestNextTaskArgs;
    type Answer = RequestNextTaskAnswer;

    fn about(&self) -> About {
        About {
            name: "request_next_task",
            title: "Next task",
            description: "Get the best free task for an agent and hold it under a lease, or the task it already holds. \
                          With nothing to give, says why and when to ask again.",
            annotations: Annotations::IDEMPOTENT,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: RequestNextTaskArgs,
    ) -> Result<RequestNextTaskAnswer, ToolError> {
        let wanted = NextTaskRequest {
            agent_id: &args.agent_id,
            wait: Duration::from_secs(args.wait_seconds.get() as u64),
            client: &*context.client,
        };
        let next = coordinator.request_next_task(&context.principal, &context.request_id, wanted).await?;
        Ok(next.into())
    }
}

impl From<NextTask> for RequestNextTaskAnswer {
    fn from(next: NextTask) -> Self {
        match next {
            NextTask::Granted(mut grant) => Self {
                success: true,
                notices: Notices(std::mem::take(&mut grant.notices)),
                task: Some(granted(*grant)),
                reason: None,
                message: None,
                retry_after_seconds: None,
            },
            NextTask::Nothing(nothing) => {
                let (reason, message) = match nothing.reason {
                    NoTaskReason::NoOpenTasks => ("no_open_tasks", "No task is open at this time"),
                    NoTaskReason::AllClaimed => ("all_claimed", "Every open task is held by an agent"),
                    NoTaskReason::WaitingOnDependencies => {
                        ("waiting_on_dependencies", "What is left waits for tasks that are not done")
                    }
                    NoTaskReason::ProjectComplete => ("project_complete", "Every task is done"),
                    NoTaskReason::ShuttingDown => {
                        ("shutting_down", "The gateway is about to restart: ask again")
                    }
                };
                Self {
                    success: false,
                    task: None,
                    reason: Some(reason),
                    message: Some(message),
                    retry_after_seconds: Some(nothing.retry_after_seconds),
                    notices: Notices(nothing.notices),
                }
            }
        }
    }
}

fn granted(grant: Grant) -> GrantedTask {
    let task = grant.card.task;
    GrantedTask {
        id: task.id.clone(),
        key: task.key.clone(),
        name: visible(&task.title),
        description: visible(&task.description),
        instructions: grant.instructions,
        priority: task.priority,
        labels: task.labels.iter().map(|label| visible(label)).collect(),
        implementation_context: None,
        claim_generation: grant.claim.generation,
        lease_expires_at: grant.card.now.on_wall(grant.claim.expires_at).rfc3339(),
        already_assigned: grant.already_assigned,
        why: grant.why,
        untrusted: true,
    }
}
