//! `request_next_task`: the right task for an agent.

use std::{sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Annotations, Tool};
use crate::{
    coordinator::{Coordinator, Grant, NextTask, NextTaskRequest, NoTaskReason},
    model::{AgentId, CallContext, Priority, Scope, Whole, visible},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NextArgs {
    agent_id: AgentId,
    /// Wait so long for a task to become free.
    #[serde(default)]
    wait_seconds: Whole<0, 50>,
}

#[derive(Serialize, JsonSchema)]
struct NextAnswer {
    success: bool,
    task: Option<GrantedTask>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<i64>,
    /// What happened to the agent's tasks since its last call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<String>,
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

pub(super) fn request_next_task(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: NextArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move {
            let wanted = NextTaskRequest {
                agent_id: &args.agent_id,
                wait: Duration::from_secs(args.wait_seconds.get() as u64),
                client: &*context.client,
            };
            let next = coordinator.request_next_task(&context.principal, &context.request_id, wanted).await?;
            Ok(next_answer(next))
        }
    };
    let about = "Get the best free task for an agent and hold it under a lease, or the task it already holds. \
                 With nothing to give, says why and when to ask again.";
    Tool::typed("request_next_task", "Next task", about, run)
        .hints(Annotations::IDEMPOTENT)
        .needs(Scope::BoardWrite)
}

fn next_answer(next: NextTask) -> NextAnswer {
    match next {
        NextTask::Granted(mut grant) => NextAnswer {
            success: true,
            notices: std::mem::take(&mut grant.notices),
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
                NoTaskReason::ShuttingDown => ("shutting_down", "The gateway is about to restart: ask again"),
            };
            NextAnswer {
                success: false,
                task: None,
                reason: Some(reason),
                message: Some(message),
                retry_after_seconds: Some(nothing.retry_after_seconds),
                notices: nothing.notices,
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
