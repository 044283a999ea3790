//! `/dashboard/health`: how each thing stands that the gateway depends on, with what to do, and what is open in this process.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    auth::{Role, Visitor},
    http::{
        dashboard::{
            PageFrame, filters,
            moments::{When, span},
            nav::HEALTH,
            shell::Shell,
            words::{StateMark, counted},
        },
        error::Refusal,
        session::Viewer,
        state::{AppState, DependencyState, Exchange},
    },
};

/// Rows of the table of streams.
const MOST: usize = 200;

/// How one thing stands.
struct DependencyRow {
    name: &'static str,
    word: String,
    mark: StateMark,
    state: String,
    span: String,
    advice: Option<&'static str>,
}

/// A stream or a waiting call.
struct StreamRow {
    id: String,
    user: String,
    client: Option<String>,
    transport: &'static str,
    opened: When,
    heard: When,
}

#[derive(Template)]
#[template(path = "health.html", config = "src/http/dashboard/askama.toml")]
struct HealthPage {
    shell: Shell,
    headline: &'static str,
    service: &'static str,
    version: &'static str,
    rows: Vec<DependencyRow>,
    sees_all: bool,
    count: String,
    streams: Vec<StreamRow>,
}

/// `GET /dashboard/health`.
pub async fn show(
    State(state): State<AppState>,
    visitor: Viewer,
    frame: PageFrame,
) -> Result<Response, Refusal> {
    let (report, sees_all) = (state.readiness.look().await, visitor.may(Role::Administrator));
    let is_seen = |exchange: &Exchange| sees_all || is_own(visitor.visitor(), exchange);
    let mut open: Vec<_> = state.open_exchanges.list().into_iter().filter(is_seen).collect();
    open.sort_by_key(|exchange| exchange.opened_at);
    let is_well = report.dependencies.iter().all(|dependency| dependency.state == "ok");
    let age = report.board_age_seconds;
    frame.answer(&HealthPage {
        shell: frame.shell("Health", Some(HEALTH)),
        headline: match report.problem {
            Some(_) => "The gateway cannot work",
            None if is_well => "All is well",
            None => "The gateway works, and something needs a look",
        },
        service: state.service.name,
        version: state.service.version,
        rows: report.dependencies.into_iter().map(|dependency| row(dependency, age)).collect(),
        sees_all,
        count: counted(open.len(), "open stream or waiting call", "open streams and waiting calls"),
        streams: open.iter().take(MOST).map(|exchange| stream(&state, &frame, exchange)).collect(),
    })
}

/// Whether it is the visitor's own.
fn is_own(visitor: &Visitor, exchange: &Exchange) -> bool {
    let owner = &exchange.credential.principal;
    visitor.principal.as_ref().is_some_and(|own| owner.owns(&own.workspace, &own.user_id))
}

fn row(dependency: DependencyState, board_age_seconds: Option<u64>) -> DependencyRow {
    let DependencyState { name, state, for_seconds, advice } = dependency;
    let word = match name {
        "store" => String::from("Store"),
        "board" => board_age_seconds.map_or_else(
            || String::from("Board, not read yet"),
            |seconds| format!("Board, read {} ago", span(seconds as i64 * 1000)),
        ),
        "events" => String::from("What other processes tell"),
        "audit" => String::from("Audit log"),
        other => other.to_owned(),
    };
    let mark = match state {
        "ok" => StateMark::Done,
        "unavailable" | "newer" | "not_loaded" => StateMark::Lost,
        _ => StateMark::Ending,
    };
    DependencyRow {
        name,
        word,
        mark,
        state: state.replace('_', " "),
        span: span(for_seconds as i64 * 1000),
        advice,
    }
}

fn stream(state: &AppState, frame: &PageFrame, exchange: &Exchange) -> StreamRow {
    let now = state.clock.moment();
    StreamRow {
        id: exchange.id.to_string(),
        user: exchange.credential.principal.user_id.to_string(),
        client: exchange.client.clone(),
        transport: exchange.transport.as_str(),
        opened: frame.when(now.on_wall(exchange.opened_at)),
        heard: frame.when(now.on_wall(exchange.last_activity_at())),
    }
}
