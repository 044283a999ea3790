//! *Last 3 hours*: a lane an agent, each hold a bar; the same as a table, which has the links.

use crate::{
    coordinator::{AgentLane, Overview, TaskCard},
    http::dashboard::{
        PageFrame,
        lanes::{Hold, LaneBar, LaneScale, holds},
        moments::When,
        pages::cards::{agent_path, task_path},
    },
    model::shortened,
};

/// Characters of a title.
const MOST_TITLE: usize = 120;

/// The card.
pub struct HoursView {
    pub lanes: Vec<LaneView>,
    pub ticks: Vec<HourTick>,
    pub now: String,
    /// Every hold, the oldest first.
    pub rows: Vec<HoldRow>,
}

/// A tick of the axis.
pub struct HourTick {
    pub x: String,
    pub time: String,
    /// Whether it is left out where there is little room.
    pub is_odd: bool,
    /// What of its text stands there.
    pub anchor: &'static str,
}

/// The lane of an agent.
pub struct LaneView {
    pub agent: String,
    pub bars: Vec<(LaneBar, HoldName)>,
    /// What is left of its lease.
    pub left: Option<(String, String)>,
}

/// What a hold is called.
#[derive(Clone)]
pub struct HoldName {
    pub key: String,
    /// The page of the task, unless it is gone.
    pub href: Option<String>,
    pub said: String,
}

/// A row of the table.
pub struct HoldRow {
    pub agent: String,
    pub agent_href: String,
    pub key: String,
    pub title: String,
    pub href: Option<String>,
    pub from: Option<When>,
    pub to: Option<When>,
    pub ended: &'static str,
}

/// The card of that overview.
pub fn hours(overview: &Overview, frame: &PageFrame) -> HoursView {
    let now = overview.now;
    let ends =
        overview.agents.iter().filter_map(|lane| Some(now.on_wall(lane.card.held.as_ref()?.1.expires_at)));
    let scale = LaneScale::new(now.wall, ends.max().unwrap_or(now.wall));
    let mut of_all: Vec<_> = overview
        .agents
        .iter()
        .map(|lane| {
            let live = lane.card.held.as_ref();
            let live = live.map(|(task, claim)| (task.task.id.as_str(), now.on_wall(claim.granted_at)));
            let mut holds = holds(&lane.history, live);
            holds.retain(|hold| scale.shows(hold));
            (lane, holds)
        })
        .filter(|(_, holds)| !holds.is_empty())
        .collect();
    of_all.sort_by(|(one, _), (other, _)| one.card.agent.id.cmp(&other.card.agent.id));
    let mut rows: Vec<_> = of_all
        .iter()
        .flat_map(|(lane, holds)| holds.iter().map(|hold| (hold.from.or(hold.to), row(lane, hold, frame))))
        .collect();
    rows.sort_by_key(|(at, _)| *at);
    let ticks = scale.ticks().into_iter().enumerate();
    HoursView {
        lanes: of_all.iter().map(|(lane, holds)| lane_view(lane, holds, &scale, overview, frame)).collect(),
        ticks: ticks
            .map(|(count, (x, at, is_at_edge))| HourTick {
                x,
                time: frame.when(at).clock(),
                is_odd: count % 2 == 1,
                anchor: if is_at_edge { "start" } else { "middle" },
            })
            .collect(),
        now: scale.now(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    }
}

fn lane_view(
    lane: &AgentLane,
    holds: &[Hold],
    scale: &LaneScale,
    overview: &Overview,
    frame: &PageFrame,
) -> LaneView {
    let bars = holds.iter().map(|hold| {
        let named = name(lane, hold, frame);
        (scale.bar(hold, &named.key), named)
    });
    let end = lane.card.held.as_ref().map(|(_, claim)| overview.now.on_wall(claim.expires_at));
    LaneView {
        agent: lane.card.agent.id.as_str().to_owned(),
        bars: bars.collect(),
        left: end.map(|end| scale.left(end)),
    }
}

fn task<'a>(lane: &'a AgentLane, hold: &Hold) -> Option<&'a TaskCard> {
    let held = lane.card.held.iter().map(|(task, _)| task);
    lane.tasks.iter().chain(held).find(|card| card.task.id == hold.task_id)
}

fn name(lane: &AgentLane, hold: &Hold, frame: &PageFrame) -> HoldName {
    let row = row(lane, hold, frame);
    let clock =
        |when: Option<When>, otherwise: &str| when.map_or_else(|| otherwise.to_owned(), |when| when.clock());
    let said = format!(
        "{} {}, {}, {} to {}: {}",
        row.key,
        row.title,
        row.agent,
        clock(row.from, "earlier"),
        clock(row.to, "now"),
        row.ended
    );
    HoldName { key: row.key, href: row.href, said }
}

fn row(lane: &AgentLane, hold: &Hold, frame: &PageFrame) -> HoldRow {
    let id = lane.card.agent.id.as_str();
    let card = task(lane, hold);
    HoldRow {
        agent: id.to_owned(),
        agent_href: agent_path(frame, id),
        key: card.map_or_else(String::new, |card| card.task.key.clone()),
        title: card.map_or_else(
            || String::from("a task that is gone"),
            |card| shortened(&card.task.title, MOST_TITLE),
        ),
        href: card.map(|card| task_path(frame, &card.task.key)),
        from: hold.from.map(|at| frame.when(at)),
        to: hold.to.map(|at| frame.when(at)),
        ended: hold.ended(),
    }
}
