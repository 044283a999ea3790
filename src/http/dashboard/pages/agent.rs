//! `/dashboard/agents/{id}`: one agent, and what it did.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    agents::AgentView,
    cards::task_path,
    key_names::{KeyNames, person},
};
use crate::{
    coordinator::{StoryEntry, is_persons},
    http::{
        dashboard::{
            PageFrame, filters, links::query, moments::When, nav::AGENTS, shell::Shell, words::StateMark,
        },
        error::Refusal,
        extract::{PathId, QueryParams},
        session::Viewer,
        state::AppState,
    },
};

/// Entries a page.
const ENTRIES: u32 = 50;

/// Where the history goes on.
#[derive(Debug, Deserialize)]
pub struct AgentQuery {
    before: Option<i64>,
}

/// Which agent, and where the history goes on.
#[derive(Debug, Deserialize)]
pub struct NamedAgentQuery {
    id: String,
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
    /// Who did it, if not the agent.
    who: Option<String>,
    before: &'static str,
    after: String,
    /// Key, title and page of the task, unless it is gone.
    task: Option<(String, String, String)>,
    /// What a task is called that is gone.
    gone: &'static str,
    words: String,
    note: &'static str,
    at: When,
}

/// `GET /dashboard/agents/{id}`.
pub async fn show(
    viewer: Viewer,
    frame: PageFrame,
    State(state): State<AppState>,
    PathId(id): PathId,
    QueryParams(asked): QueryParams<AgentQuery>,
) -> Result<Response, Refusal> {
    answer(&state, &viewer, &frame, (&id, asked.before)).await
}

/// `GET /dashboard/agent?id=`: the same of an agent whose id a browser takes for the way up in a path.
pub async fn show_named(
    viewer: Viewer,
    frame: PageFrame,
    State(state): State<AppState>,
    QueryParams(asked): QueryParams<NamedAgentQuery>,
) -> Result<Response, Refusal> {
    answer(&state, &viewer, &frame, (&asked.id, asked.before)).await
}

/// The page of that agent, from that place of its history on.
async fn answer(
    state: &AppState,
    viewer: &Viewer,
    frame: &PageFrame,
    (id, before): (&str, Option<i64>),
) -> Result<Response, Refusal> {
    let workspace = &viewer.visitor().workspace;
    let story = state.coordinator.agent_story(workspace, id, before, ENTRIES).await?;
    let persons =
        story.entries.iter().filter_map(|entry| person(&entry.stored.entry, &entry.telling)).collect();
    let names = KeyNames::of(&state.keyring, persons).await?;
    let agent = AgentView::of(&story.card, story.nothing, frame);
    let next = story.next.map(|place| {
        let place = place.to_string();
        let more = query(&[("before", Some(&place))]);
        let more = if agent.href.contains('?') { more.replacen('?', "&", 1) } else { more };
        format!("{}{more}", agent.href)
    });
    frame.answer(&AgentStoryPage {
        shell: frame.shell(agent.id.clone(), Some(AGENTS)),
        skills: story.card.agent.profile.skills.clone(),
        registered: frame.when(story.card.agent.registered_at),
        entries: story.entries.iter().map(|entry| EntryView::of(entry, (&agent.id, &names), frame)).collect(),
        first: before.map(|_| agent.href.clone()),
        next,
        agent,
    })
}

impl EntryView {
    fn of(entry: &StoryEntry, (agent, names): (&str, &KeyNames), frame: &PageFrame) -> Self {
        let (happened, telling) = (&entry.stored.entry, &entry.telling);
        let who = person(happened, telling).map_or(&*telling.who, |id| names.person(id));
        Self {
            mark: StateMark::of_action(happened.action),
            who: Some(who.to_owned()).filter(|who| who != agent),
            before: telling.before,
            after: telling.after.clone(),
            task: entry.task.as_ref().map(|card| {
                (card.task.key.clone(), card.task.title.clone(), task_path(frame, &card.task.key))
            }),
            gone: if entry.is_deleted {
                "a task that was deleted"
            } else {
                "a task that is gone from the board"
            },
            words: if is_persons(happened.action) { String::new() } else { happened.words.clone() },
            note: telling.note,
            at: frame.when(happened.at),
        }
    }
}
