//! The page: the sentence on top, and its cards.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    doing::{DoingView, doing},
    hours::{HoursView, hours},
    needs::{NeedView, ending_keys, key_item, need},
    stand::{StandView, stand},
    strip::{StripFact, strip},
};
use crate::{
    auth::Role,
    coordinator::Standing,
    http::{
        dashboard::{
            PageFrame, filters,
            nav::OVERVIEW,
            shell::Shell,
            words::{counted, grouped},
        },
        error::Refusal,
        session::Viewer,
        state::AppState,
    },
};

#[derive(Template)]
#[template(path = "overview.html", config = "src/http/dashboard/askama.toml")]
struct OverviewPage {
    shell: Shell,
    headline: String,
    about: String,
    needs: Vec<NeedView>,
    need_count: usize,
    need_total: String,
    /// Those that are not told.
    more_needs: Option<String>,
    agents: Vec<DoingView>,
    agent_count: usize,
    stand: StandView,
    hours: HoursView,
    facts: Vec<StripFact>,
    may_make: bool,
}

fn headline(at_work: usize, need_count: usize) -> String {
    let agents = match at_work {
        0 => String::from("No agents"),
        _ => counted(at_work, "agent", "agents"),
    };
    let needs = match need_count {
        0 => String::from("nothing needs"),
        1 => String::from("1 thing needs"),
        _ => format!("{} things need", grouped(need_count as u64)),
    };
    format!("{agents} at work, {needs} a person")
}

/// `GET /dashboard`.
pub async fn show(
    State(state): State<AppState>,
    visitor: Viewer,
    frame: PageFrame,
) -> Result<Response, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let overview = state.coordinator.overview(workspace).await?;
    let keys = ending_keys(&state, &visitor).await?;
    let facts = strip(&state, &visitor).await?;
    let may_act = visitor.may(Role::Manager) && state.coordinator.takes_persons(workspace);
    let need_count = overview.needs.total + keys.len();
    let at_work = overview.counts.of(Standing::Held).min(overview.agent_count);
    let tasks = overview.counts.total() - overview.counts.of(Standing::Cancelled);
    let needs = overview.needs.items.iter().map(|item| need(item, &frame, may_act));
    let needs: Vec<_> = needs.chain(keys.iter().map(|key| key_item(key, &frame, &visitor))).collect();
    frame.answer(&OverviewPage {
        shell: frame.shell("Overview", Some(OVERVIEW)).with_needs(need_count),
        headline: headline(at_work, need_count),
        about: format!(
            "Board of workspace {}, {}, {} done",
            workspace.as_str(),
            counted(tasks, "task", "tasks"),
            overview.counts.of(Standing::Done)
        ),
        more_needs: Some(need_count.saturating_sub(needs.len()))
            .filter(|more| *more > 0)
            .map(|more| grouped(more as u64)),
        needs,
        need_count,
        need_total: grouped(need_count as u64),
        agents: overview.agents.iter().map(|lane| doing(lane, overview.nothing, &frame)).collect(),
        agent_count: overview.agent_count,
        stand: stand(&overview, &frame),
        hours: hours(&overview, &frame),
        facts,
        may_make: may_act,
    })
}
