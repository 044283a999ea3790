//! `/dashboard/board`: the tasks by how they stand, a page of each group.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{cards::CardView, tasks::task::deletion};
use crate::{
    auth::Role,
    coordinator::{
        BoardGroup, BoardGroups, BoardState, Coordinator, GroupPage, GroupPlace, GroupQuery, Seeker,
    },
    http::{
        dashboard::{
            PageFrame, filters,
            links::{open_elsewhere, outside, query},
            moments::span,
            nav::BOARD,
            shell::Shell,
            words::{StateMark, counted, grouped},
        },
        error::Refusal,
        extract::QueryParams,
        session::Viewer,
    },
    model::UnixMillis,
};

/// Cards of a group.
const CARDS: usize = 35;
/// Cards of a page.
const MOST_CARDS: usize = 250;
/// Characters of what is looked for.
const MOST_CHARACTERS: usize = 200;

/// What of the board one wants to see. Fields of the form that are left empty are none.
#[derive(Debug, Default, Deserialize)]
pub struct BoardQuery {
    q: Option<String>,
    label: Option<String>,
    agent: Option<String>,
    cancelled: Option<String>,
    /// Where a group goes on: its word, rank, age and id.
    from: Option<String>,
    /// The id of a task that was just deleted.
    deleted: Option<String>,
}

#[derive(Template)]
#[template(path = "board.html", config = "src/http/dashboard/askama.toml")]
struct BoardPage {
    shell: Shell,
    about: String,
    /// The board's page elsewhere, and what the link says.
    elsewhere: Option<(String, &'static str)>,
    wanted: WantedTasks,
    columns: Vec<ColumnView>,
    may_act: bool,
}

struct ColumnView {
    id: &'static str,
    mark: StateMark,
    word: &'static str,
    count: String,
    groups: Vec<GroupView>,
}

struct GroupView {
    id: &'static str,
    /// Its heading; a column of one group has none.
    heading: Option<&'static str>,
    order: Option<OrderNote>,
    cards: Vec<CardView>,
    empty: &'static str,
    /// The link back to the first ones.
    first: Option<String>,
    next: Option<(String, String)>,
}

/// In whose order tasks stand.
enum OrderNote {
    Anybody,
    Agent(String),
    NoAgent(String),
}

/// What is looked for.
#[derive(Clone, Default)]
struct WantedTasks {
    q: Option<String>,
    label: Option<String>,
    agent: Option<String>,
    cancelled: bool,
    after: Option<(BoardGroup, GroupPlace)>,
}

/// `GET /dashboard/board`.
pub async fn show(
    viewer: Viewer,
    frame: PageFrame,
    State(coordinator): State<Arc<Coordinator>>,
    QueryParams(asked): QueryParams<BoardQuery>,
) -> Result<Response, Refusal> {
    let workspace = &viewer.visitor().workspace;
    let deleted = match asked.deleted.as_deref() {
        Some(id) => deletion(&coordinator, workspace, id).await,
        None => None,
    };
    let wanted = WantedTasks::of(asked)?;
    let seeker = Seeker::Person(viewer.counted_as());
    let board = coordinator.groups(workspace, &seeker, wanted.query()).await?;
    let state = coordinator.board_state(workspace);
    let about = about(&board, &state);
    let elsewhere =
        outside(state.about.url.as_deref()).map(|url| (url, open_elsewhere(state.about.provider)));
    let may_act = viewer.may(Role::Manager) && coordinator.takes_persons(workspace);
    let columns = columns(&board, &wanted, &frame, may_act);
    let shell = frame.shell("Board", Some(BOARD));
    let shell = match deleted {
        Some(entry) => {
            shell.with_notice(StateMark::Done, format!("{} was deleted: it does not come back.", entry.words))
        }
        None => shell,
    };
    frame.answer(&BoardPage { shell, about, elsewhere, wanted, columns, may_act })
}

impl WantedTasks {
    fn of(asked: BoardQuery) -> Result<Self, Refusal> {
        let cancelled = match asked.cancelled.as_deref() {
            None | Some("" | "0") => false,
            Some("1") => true,
            Some(_) => return Err(Refusal::field("cancelled", "expected 1, or nothing")),
        };
        let after = asked.from.filter(|text| !text.is_empty()).map(|text| {
            let problem = "this is no place on the board: follow a link of the board's page";
            place(&text).ok_or_else(|| Refusal::field("from", problem))
        });
        Ok(Self {
            q: short("q", asked.q)?,
            label: short("label", asked.label)?,
            agent: short("agent", asked.agent)?,
            cancelled,
            after: after.transpose()?,
        })
    }

    fn groups(&self) -> Vec<BoardGroup> {
        let is_shown = |group: &BoardGroup| self.cancelled || *group != BoardGroup::Cancelled;
        BoardGroup::ALL.into_iter().filter(is_shown).collect()
    }

    fn query(&self) -> GroupQuery {
        let groups = self.groups();
        GroupQuery {
            limit: CARDS.min(MOST_CARDS / groups.len()),
            groups,
            query: self.q.clone(),
            label: self.label.clone(),
            agent: self.agent.clone(),
            after: self.after.clone(),
        }
    }

    fn is_filtered(&self) -> bool {
        self.q.is_some() || self.label.is_some()
    }

    /// The link to the same board, with that group from `from` on.
    fn link(&self, frame: &PageFrame, group: BoardGroup, from: Option<&GroupPlace>) -> String {
        let id = words(group).id;
        let from = from.map(|place| format!("{id}:{}:{}:{}", place.rank, place.created_at.0, place.id));
        let query = query(&[
            ("q", self.q.as_deref()),
            ("label", self.label.as_deref()),
            ("agent", self.agent.as_deref()),
            ("cancelled", self.cancelled.then_some("1")),
            ("from", from.as_deref()),
        ]);
        format!("{}{query}#{id}", frame.path("/board"))
    }
}

/// A text of the form: nothing if it is blank.
pub(super) fn short(name: &str, text: Option<String>) -> Result<Option<String>, Refusal> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > MOST_CHARACTERS => Err(Refusal::field(
            name,
            format!("this is too long: expected {MOST_CHARACTERS} characters at most"),
        )),
        text => Ok(text),
    }
}

/// The place that a link names.
fn place(text: &str) -> Option<(BoardGroup, GroupPlace)> {
    let mut parts = text.splitn(4, ':');
    let word = parts.next()?;
    let group = BoardGroup::ALL.into_iter().find(|group| words(*group).id == word)?;
    let (rank, created_at) = (parts.next()?.parse().ok()?, UnixMillis(parts.next()?.parse().ok()?));
    Some((group, GroupPlace { rank, created_at, id: parts.next()?.into() }))
}

/// How many tasks there are, on which board, and how old that is.
fn about(board: &BoardGroups, state: &BoardState) -> String {
    let read = state.refreshed_seconds_ago.filter(|_| state.about.is_remote()).map(|seconds| {
        format!(", read {} ago", span(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)))
    });
    let tasks = counted(board.tasks, "task", "tasks");
    format!("{tasks} on {}{}", state.about.place(), read.unwrap_or_default())
}

/// What a group is called.
struct GroupWords {
    id: &'static str,
    heading: Option<&'static str>,
    empty: &'static str,
}

const fn words(group: BoardGroup) -> GroupWords {
    let (id, heading, empty) = match group {
        BoardGroup::Ready => {
            ("ready", Some("Ready, in the order they are offered"), "No task is free for an agent.")
        }
        BoardGroup::Waiting => ("waiting", Some("Waiting"), "No task waits for another one."),
        BoardGroup::Backlog => ("backlog", Some("Backlog"), "No task waits to be opened."),
        BoardGroup::Agent => ("agent", Some("With an agent"), "No agent holds a task."),
        BoardGroup::Person => ("person", Some("With a person"), "No task is with a person."),
        BoardGroup::Blocked => ("blocked", None, "No task is blocked."),
        BoardGroup::Done => ("done", None, "No task is done yet."),
        BoardGroup::Cancelled => ("cancelled", Some("Cancelled"), "No task was cancelled."),
    };
    GroupWords { id, heading, empty }
}

fn columns(board: &BoardGroups, wanted: &WantedTasks, frame: &PageFrame, may_act: bool) -> Vec<ColumnView> {
    let in_all = [
        (
            "todo",
            StateMark::Ready,
            "To do",
            &[BoardGroup::Ready, BoardGroup::Waiting, BoardGroup::Backlog][..],
        ),
        ("progress", StateMark::Work, "In progress", &[BoardGroup::Agent, BoardGroup::Person]),
        ("stopped", StateMark::Blocked, "Blocked", &[BoardGroup::Blocked]),
        ("closed", StateMark::Done, "Done", &[BoardGroup::Done, BoardGroup::Cancelled]),
    ];
    let column = |(id, mark, word, groups): (_, _, _, &[BoardGroup])| {
        let pages: Vec<_> = board.groups.iter().filter(|page| groups.contains(&page.group)).collect();
        // Of what was cancelled its own heading tells.
        let counted = pages.iter().filter(|page| page.group != BoardGroup::Cancelled);
        ColumnView {
            id,
            mark,
            word,
            count: grouped(counted.map(|page| page.total as u64).sum()),
            groups: pages.iter().map(|page| group(page, board, wanted, (frame, may_act))).collect(),
        }
    };
    in_all.into_iter().map(column).collect()
}

fn group(
    page: &GroupPage,
    board: &BoardGroups,
    wanted: &WantedTasks,
    (frame, may_act): (&PageFrame, bool),
) -> GroupView {
    let GroupWords { id, heading, empty } = words(page.group);
    let order = (page.group == BoardGroup::Ready).then(|| match (&board.agent, &wanted.agent) {
        (Some(agent), _) => OrderNote::Agent(agent.id.as_str().to_owned()),
        (None, Some(id)) => OrderNote::NoAgent(id.clone()),
        (None, None) => OrderNote::Anybody,
    });
    let is_further_on = wanted.after.as_ref().is_some_and(|(group, _)| *group == page.group);
    let next = page.next.as_ref().map(|(place, count)| {
        let text = format!("next {count} of {}", grouped(page.total as u64));
        (wanted.link(frame, page.group, Some(place)), text)
    });
    GroupView {
        id,
        heading,
        order,
        cards: page.tasks.iter().map(|task| CardView::of(task, frame, may_act)).collect(),
        empty: match (wanted.is_filtered(), is_further_on) {
            (true, false) => "Nothing here fits.",
            (_, true) => "No more of them.",
            (false, false) => empty,
        },
        first: is_further_on.then(|| wanted.link(frame, page.group, None)),
        next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_link_is_read_as_it_was_written_or_not_at_all() {
        let (group, found) = place("waiting:2:1700:octo/app:3").unwrap();
        assert_eq!(
            (group, found.rank, found.created_at.0, &*found.id),
            (BoardGroup::Waiting, 2, 1700, "octo/app:3")
        );
        for text in
            ["", "waiting", "waiting:1:2", "nowhere:1:2:id", "done:x:2:id", "done:99999999999999999999:2:id"]
        {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
