//! `/dashboard`: what every agent does now, and what needs a person.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};

use super::cards::CardView;
use crate::{
    auth::Role,
    coordinator::{BoardGroup, Coordinator, GroupPage, GroupQuery},
    http::{
        dashboard::{PageFrame, filters, nav::OVERVIEW, shell::Shell, words::counted},
        error::Refusal,
        session::Viewer,
    },
};

/// Tasks of a block.
const MOST_SHOWN: usize = 10;
const GROUPS: [BoardGroup; 4] =
    [BoardGroup::Blocked, BoardGroup::Agent, BoardGroup::Waiting, BoardGroup::Ready];

#[derive(Template)]
#[template(path = "overview.html", config = "src/http/dashboard/askama.toml")]
struct OverviewPage {
    shell: Shell,
    headline: String,
    tasks: String,
    blocks: Vec<Block>,
}

/// A block of the page.
struct Block {
    id: &'static str,
    title: &'static str,
    /// What stands there when there is none.
    nothing: &'static str,
    cards: Vec<CardView>,
    /// All there are.
    total: usize,
}

impl Block {
    fn of(page: &GroupPage, frame: &PageFrame, may_act: bool) -> Self {
        let (id, title, nothing) = match page.group {
            BoardGroup::Blocked => ("needs", "Needs a person", "Nothing is blocked or parked."),
            BoardGroup::Agent => ("doing", "Who does what", "No agent is at work."),
            BoardGroup::Waiting => ("waiting", "Not offered yet", "Nothing waits for other tasks."),
            _ => ("next", "Offered next", "Nothing is open for the next agent."),
        };
        let cards = page.tasks.iter().map(|task| CardView::of(task, frame, may_act)).collect();
        Self { id, title, nothing, cards, total: page.total }
    }
}

/// `GET /dashboard`.
pub async fn show(
    visitor: Viewer,
    frame: PageFrame,
    State(coordinator): State<Arc<Coordinator>>,
) -> Result<Response, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let query = GroupQuery { groups: GROUPS.to_vec(), limit: MOST_SHOWN, ..GroupQuery::default() };
    let found = coordinator.groups(workspace, query).await?;
    let may_act = visitor.may(Role::Manager) && coordinator.takes_persons(workspace);
    let count = |group| found.groups.iter().find(|page| page.group == group).map_or(0, |page| page.total);
    let (working, needs) = (count(BoardGroup::Agent), count(BoardGroup::Blocked));
    let verb = if needs == 1 { "needs" } else { "need" };
    let headline = format!(
        "{} at work, {} {verb} a person",
        counted(working, "agent", "agents"),
        counted(needs, "task", "tasks")
    );
    frame.answer(&OverviewPage {
        shell: frame.shell("Overview", Some(OVERVIEW)).with_needs(needs),
        headline,
        tasks: counted(found.tasks, "task", "tasks"),
        blocks: found.groups.iter().map(|page| Block::of(page, &frame, may_act)).collect(),
    })
}
