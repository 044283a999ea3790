//! Every tool, in the order it is listed.

use std::sync::Arc;

use super::{Registry, agents, leases, next, ping, reports, status, tasks};
use crate::coordinator::Coordinator;

/// The tools of a gateway.
pub fn catalog(coordinator: &Arc<Coordinator>) -> Registry {
    Registry::new(vec![
        agents::register_agent(coordinator),
        next::request_next_task(coordinator),
        reports::report_task_progress(coordinator),
        reports::report_blocker(coordinator),
        leases::heartbeat(coordinator),
        leases::release_task(coordinator),
        status::get_project_status(coordinator),
        agents::get_agent_status(coordinator),
        agents::list_registered_agents(coordinator),
        tasks::list_tasks(coordinator),
        tasks::get_task(coordinator),
        tasks::create_task(coordinator),
        ping::ping(coordinator),
    ])
}
