//! Every tool, in the order it is listed.

use std::sync::Arc;

use super::{RegisteredTool, Registry, agents, leases, next, ping, pull_requests, reports, status, tasks};
use crate::{coordinator::Coordinator, reviews::Reviews};

/// The tools of a gateway.
pub fn catalog(coordinator: &Arc<Coordinator>, reviews: &Arc<Reviews>) -> Registry {
    Registry::new(vec![
        RegisteredTool::new(agents::RegisterAgent, coordinator),
        RegisteredTool::new(next::RequestNextTask, coordinator),
        RegisteredTool::new(reports::ReportTaskProgress, coordinator),
        RegisteredTool::new(reports::ReportBlocker, coordinator),
        RegisteredTool::new(leases::Heartbeat, coordinator),
        RegisteredTool::new(leases::ReleaseTask, coordinator),
        RegisteredTool::new(status::GetProjectStatus, coordinator),
        RegisteredTool::new(agents::GetAgentStatus, coordinator),
        RegisteredTool::new(agents::ListRegisteredAgents, coordinator),
        RegisteredTool::new(tasks::ListTasks, coordinator),
        RegisteredTool::new(tasks::GetTask, coordinator),
        RegisteredTool::new(tasks::CreateTask, coordinator),
        RegisteredTool::new(pull_requests::FetchPrReviewComments, reviews),
        RegisteredTool::new(pull_requests::ResolveOpenPrUrl, reviews),
        RegisteredTool::new(pull_requests::ListOpenPullRequests, reviews),
        RegisteredTool::new(pull_requests::ReplyToReviewComment, reviews),
        RegisteredTool::new(pull_requests::ResolveReviewThread, reviews),
        RegisteredTool::new(pull_requests::UnresolveReviewThread, reviews),
        RegisteredTool::new(ping::Ping, coordinator),
    ])
}
