//! `/dashboard/health`: how each thing stands that the gateway depends on, with what to do, and what is open on all gateways.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    auth::Role,
    http::{
        dashboard::{
            PageFrame, filters,
            moments::When,
            nav::HEALTH,
            pages::health_rows::{HealthRow, rows},
            shell::Shell,
            words::{counted, grouped},
        },
        error::Refusal,
        session::Viewer,
        state::{AppState, OpenRow, Whose},
    },
};

/// Rows of the table of streams.
const MOST: usize = 200;

/// A stream or a waiting call.
struct StreamRow {
    id: String,
    user: String,
    client: Option<String>,
    transport: String,
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
    instance: String,
    started: When,
    rows: Vec<HealthRow>,
    limits: Vec<(&'static str, String)>,
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
    let (sees_all, now) = (visitor.may(Role::Administrator), state.clock.now());
    let whose =
        if sees_all { Some(Whose::all()) } else { visitor.visitor().principal.as_deref().map(Whose::of) };
    let open = async {
        match &whose {
            Some(whose) => state.open_everywhere(whose).await.rows,
            None => Vec::new(),
        }
    };
    let (report, signs, open) =
        tokio::join!(state.readiness.look(), state.vitals.read(&visitor.visitor().workspace), open);
    let is_well = report.dependencies.iter().all(|dependency| dependency.state == "ok");
    frame.answer(&HealthPage {
        shell: frame.shell("Health", Some(HEALTH)),
        headline: match report.problem {
            Some(_) => "The gateway cannot work",
            None if is_well => "All is well",
            None => "The gateway works, and something needs a look",
        },
        service: state.service.name,
        version: state.service.version,
        started: frame.when(signs.started_at),
        rows: rows(report.dependencies, &signs, &state.vitals.audit(), now),
        instance: signs.instance,
        limits: limits(&state),
        sees_all,
        count: counted(open.len(), "open stream or waiting call", "open streams and waiting calls"),
        streams: open.iter().take(MOST).map(|row| stream(&state, &frame, row)).collect(),
    })
}

/// What one caller, and all of them, may have of this process.
fn limits(state: &AppState) -> Vec<(&'static str, String)> {
    let listen = &state.listen;
    let (open, of_one) = (state.stream_caps.count(), listen.max_streams_per_principal);
    let streams = format!(
        "{} open of {}, {} a key",
        grouped(open.into()),
        grouped(listen.max_streams.into()),
        grouped(of_one.into())
    );
    let connections = grouped(listen.max_connections.into());
    vec![("Streams", streams), ("Connections", format!("{connections} at once"))]
}

fn stream(state: &AppState, frame: &PageFrame, row: &OpenRow) -> StreamRow {
    let now = state.clock.moment();
    StreamRow {
        id: row.id.clone(),
        user: row.user_id.clone(),
        client: row.client.clone(),
        transport: row.transport.clone(),
        opened: frame.when(now.on_wall(row.opened_at())),
        heard: frame.when(now.on_wall(row.last_activity_at())),
    }
}
