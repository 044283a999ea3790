//! `/dashboard/agents/{id}`: one agent, and what it did.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{agents::AgentView, cards::task_path};
use crate::{
    coordinator::{Coordinator, StoryEntry},
    http::{
        dashboard::{
            PageFrame, filters, links::query, moments::When, nav::AGENTS, shell::Shell, words::StateMark,
        },
        error::Refusal,
        extract::{PathId, QueryParams},
        session::Viewer,
    },
    model::{HistoryAction, LossCause},
};

/// Entries a page.
const ENTRIES: u32 = 50;

/// Where the history goes on.
#[derive(Debug, Deserialize)]
pub struct AgentQuery {
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "agent.html", config = "src/http/dashboard/askama.toml")]
struct AgentStoryPage {
    shell: Shell,
    agent: AgentView,
    skills: Vec<String>,
    registered: When,
    entries: Vec<EntryView>,
    first: Option<String>,
    next: Option<String>,
}

struct EntryView {
    mark: StateMark,
    said: String,
    /// Key, title and page of the task, unless it is gone.
    task: Option<(String, String, String)>,
    words: String,
    at: When,
}

/// `GET /dashboard/agents/{id}`.
pub async fn show(
    viewer: Viewer,
    frame: PageFrame,
    State(coordinator): State<Arc<Coordinator>>,
    PathId(id): PathId,
    QueryParams(asked): QueryParams<AgentQuery>,
) -> Result<Response, Refusal> {
    let workspace = &viewer.visitor().workspace;
    let story = coordinator.agent_story(workspace, &id, asked.before, ENTRIES).await?;
    let agent = AgentView::of(&story.card, &frame);
    let next = story.next.map(|place| {
        let place = place.to_string();
        format!("{}{}", agent.href, query(&[("before", Some(&place))]))
    });
    frame.answer(&AgentStoryPage {
        shell: frame.shell(agent.id.clone(), Some(AGENTS)),
        skills: story.card.agent.profile.skills.clone(),
        registered: frame.when(story.card.agent.registered_at),
        entries: story.entries.iter().map(|entry| EntryView::of(entry, &frame)).collect(),
        first: asked.before.map(|_| agent.href.clone()),
        next,
        agent,
    })
}

impl EntryView {
    fn of(entry: &StoryEntry, frame: &PageFrame) -> Self {
        let happened = &entry.stored.entry;
        let (mark, said) = said(happened.action, happened.cause, happened.progress);
        Self {
            mark,
            said,
            task: entry.task.as_ref().map(|card| {
                (card.task.key.clone(), card.task.title.clone(), task_path(frame, &card.task.key))
            }),
            words: happened.words.clone(),
            at: frame.when(happened.at),
        }
    }
}

/// What happened, as words before the name of the task.
fn said(action: HistoryAction, cause: Option<LossCause>, progress: Option<u8>) -> (StateMark, String) {
    let percent = progress.map_or_else(String::new, |percent| format!("{percent} % of "));
    let (mark, words) = match action {
        HistoryAction::Granted => (StateMark::Work, "was given"),
        HistoryAction::Progress => {
            return (StateMark::Work, format!("reported {percent}").trim_end().to_owned());
        }
        HistoryAction::Resumed => (StateMark::Work, "came back after its lease had ended, and holds again"),
        HistoryAction::Recovered => (StateMark::Work, "holds again, as the board tells,"),
        HistoryAction::Completed => (StateMark::Done, "finished"),
        HistoryAction::Blocked => (StateMark::Blocked, "cannot go on with"),
        HistoryAction::Released => (StateMark::Taken, "gave back"),
        HistoryAction::LeaseEnded => (StateMark::Lost, "lost, since its lease ended,"),
        HistoryAction::Parked => (StateMark::Parked, "lost, as others before it, so that it was parked,"),
        HistoryAction::EndedByPerson => match cause {
            Some(LossCause::Deleted) => (StateMark::Taken, "lost, since a person deleted it,"),
            _ => (StateMark::Taken, "lost, since a person moved or assigned it,"),
        },
        HistoryAction::Refused => match cause {
            Some(LossCause::GrantedSince) => {
                (StateMark::Lost, "was not heard, since another one was given it meanwhile, on")
            }
            Some(LossCause::MovedByPerson) => {
                (StateMark::Lost, "was not heard, since a person had moved it, on")
            }
            Some(LossCause::Deleted) => (StateMark::Lost, "was not heard, since it had been deleted, on"),
            _ => (StateMark::Lost, "was not heard, since its lease had ended, on"),
        },
        HistoryAction::Created
        | HistoryAction::Moved
        | HistoryAction::Assigned
        | HistoryAction::Unassigned
        | HistoryAction::Depends
        | HistoryAction::Deleted => (StateMark::Person, "is named by what a person did to"),
    };
    (mark, words.to_owned())
}
