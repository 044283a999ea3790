//! `/dashboard/find`: what is called like a text: tasks, agents, and for administrators keys. A key or id that is written out leads to its
//! page.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    board::short,
    cards::{agent_path, task_path},
};
use crate::{
    auth::Role,
    coordinator::{Found, FoundThings, Seeker},
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            filters,
            key_view::key_path,
            shell::Shell,
            words::{counted, grouped, status_word},
        },
        error::Refusal,
        extract::QueryParams,
        session::Viewer,
        state::AppState,
    },
    model::KeyRecord,
    stores::KeyFilter,
};

/// Of each kind.
const MOST_SHOWN: usize = 25;
/// Keys read from the store at a time, and the most that are looked at.
const KEYS_AT_ONCE: u32 = 500;
const MOST_KEYS: usize = 10_000;
/// How keys of ours begin, and their length: one that is pasted here is not looked for, nor shown.
const KEY_BEGINS: &str = "mcp_";
const KEY_CHARACTERS: usize = 40;

/// The query of `/dashboard/find`.
#[derive(Deserialize)]
pub struct FindQuery {
    /// What is looked for.
    q: Option<String>,
}

/// What was found, as a line.
struct FoundLine {
    href: String,
    key: String,
    name: String,
    state: String,
}

/// What was found of a kind.
struct FoundBlock {
    id: &'static str,
    title: &'static str,
    lines: Vec<FoundLine>,
    /// How many more there are.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "find.html", config = "src/http/dashboard/askama.toml")]
struct FindPage {
    shell: Shell,
    about: String,
    blocks: Vec<FoundBlock>,
    /// How many of the keys were looked at, where these are not all.
    keys_cut: Option<String>,
}

/// `GET /dashboard/find`.
pub async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    frame: PageFrame,
    QueryParams(asked): QueryParams<FindQuery>,
) -> Result<Response, Refusal> {
    let text = short("q", asked.q)?.unwrap_or_default();
    let is_key = text.starts_with(KEY_BEGINS) && text.len() >= KEY_CHARACTERS;
    if text.is_empty() || is_key {
        let about = if is_key {
            "A key is found by its id, its user or its description, never by its text."
        } else {
            "Tasks are found by key and title, agents by id and name."
        };
        let (shell, blocks) = (frame.shell("Find", None), Vec::new());
        return frame.answer(&FindPage { shell, about: about.to_owned(), blocks, keys_cut: None });
    }
    let (workspace, seeker) = (&viewer.visitor().workspace, Seeker::Person(viewer.counted_as()));
    let found = state.coordinator.things_called(workspace, &seeker, &text, MOST_SHOWN).await?;
    let sees_keys = viewer.may(Role::Administrator);
    let (keys, is_cut) = if sees_keys { keys(&state, &text).await? } else { (Found::nothing(), false) };
    match named(&found, &keys, &frame) {
        Some(path) => Ok(see_other(&path)),
        None => show_found(&frame, text, (found, keys), is_cut),
    }
}

/// The page of the one thing that is called exactly so.
fn named(found: &FoundThings, keys: &Found<KeyRecord>, frame: &PageFrame) -> Option<String> {
    let task = found.tasks.named.as_ref().map(|card| task_path(frame, &card.task.key));
    let agent = found.agents.named.as_ref().map(|agent| agent_path(frame, agent.id.as_str()));
    let key = keys.named.as_ref().map(|key| key_path(frame, &key.id));
    let mut paths = [task, agent, key].into_iter().flatten();
    paths.next().filter(|_| paths.next().is_none())
}

fn show_found(
    frame: &PageFrame,
    text: String,
    (found, keys): (FoundThings, Found<KeyRecord>),
    is_cut: bool,
) -> Result<Response, Refusal> {
    let total = found.tasks.total + found.agents.total + keys.total;
    let tasks = block("tasks", "Tasks", found.tasks, |card| FoundLine {
        href: task_path(frame, &card.task.key),
        key: card.task.key.clone(),
        name: card.task.title.clone(),
        state: status_word(card.status).to_owned(),
    });
    let agents = block("agents", "Agents", found.agents, |agent| FoundLine {
        href: agent_path(frame, agent.id.as_str()),
        key: agent.id.as_str().to_owned(),
        name: agent.profile.name.clone(),
        state: String::new(),
    });
    let keys = block("keys", "Keys", keys, |key| FoundLine {
        href: key_path(frame, &key.id),
        key: key.prefix.clone(),
        name: key.description.clone(),
        state: key.user_id.clone(),
    });
    frame.answer(&FindPage {
        about: counted(total, "thing is called so", "things are called so"),
        keys_cut: is_cut.then(|| grouped(MOST_KEYS as u64)),
        shell: frame.shell("Find", None).with_sought(text),
        blocks: [tasks, agents, keys].into_iter().filter(|block| !block.lines.is_empty()).collect(),
    })
}

fn block<T>(
    id: &'static str,
    title: &'static str,
    found: Found<T>,
    line: impl Fn(&T) -> FoundLine,
) -> FoundBlock {
    let lines: Vec<_> = found.some.iter().map(line).collect();
    let more = found.total - lines.len();
    FoundBlock {
        id,
        title,
        more: (more > 0).then(|| format!("and {} more: write more of the name", grouped(more as u64))),
        lines,
    }
}

/// The keys whose id, description or user has that text in it, and whether there are more than are looked at.
async fn keys(state: &AppState, text: &str) -> Result<(Found<KeyRecord>, bool), Refusal> {
    let (wanted, mut found) = (text.to_lowercase(), Found::nothing());
    let (mut after, mut looked_at) = (None, 0);
    loop {
        let filter = KeyFilter { after, unrevoked: true, limit: Some(KEYS_AT_ONCE), ..KeyFilter::default() };
        let records = state.keyring.list(filter).await?;
        let is_last = records.len() < KEYS_AT_ONCE as usize;
        if looked_at >= MOST_KEYS {
            return Ok((found, !records.is_empty()));
        }
        looked_at += records.len();
        after = records.last().map(|record| record.id.clone());
        for record in records {
            let is_named = [&record.id, &record.prefix].iter().any(|name| name.to_lowercase() == wanted);
            let names = [&record.id, &record.prefix, &record.description, &record.user_id];
            let has_it = names.iter().any(|name| name.to_lowercase().contains(&wanted));
            found.take(record, (is_named, has_it), MOST_SHOWN);
        }
        if is_last {
            return Ok((found, false));
        }
    }
}
