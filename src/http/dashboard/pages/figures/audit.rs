//! `/dashboard/audit`: who did what, newest first, with the names of keys beside their ids.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    http::{
        dashboard::{
            PageFrame, filters,
            moments::{When, span},
            nav::AUDIT,
            pages::{health_rows::followed, key_names::KeyNames},
            shell::Shell,
            words::StateMark,
        },
        error::Refusal,
        extract::QueryParams,
        session::Administrator,
        state::AppState,
    },
    model::{AuditEntry, HOUR_MILLIS, Workspace},
    stores::{AuditFilter, AuditPart},
};

/// Records of one page.
const PAGE: u32 = 50;
const MOST_HOURS: i64 = 1_000_000;
const ADVICE: &str = "Each record is chained to the one before. The command taskgate audit verify follows it from its beginning.";

/// Which records; what is empty asks for nothing.
#[derive(Deserialize)]
pub struct AuditPageQuery {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    target: String,
    /// Of the last so many hours.
    #[serde(default)]
    hours: String,
    /// The place of the last record of the page before.
    cursor: Option<i64>,
}

/// A record.
struct RecordView {
    sequence: i64,
    at: When,
    actor: String,
    actor_name: Option<String>,
    action: String,
    target: String,
    target_name: Option<String>,
    request_id: String,
}

#[derive(Template)]
#[template(path = "audit.html", config = "src/http/dashboard/askama.toml")]
struct AuditLogPage {
    shell: Shell,
    /// How the log itself stands.
    mark: Option<StateMark>,
    verdict: &'static str,
    since: String,
    /// What the last look along the chain has found.
    looked: String,
    advice: &'static str,
    asked: AuditPageQuery,
    records: Vec<RecordView>,
    next: Option<String>,
}

/// `GET /dashboard/audit`.
pub async fn show(
    State(state): State<AppState>,
    _: Administrator,
    frame: PageFrame,
    QueryParams(asked): QueryParams<AuditPageQuery>,
) -> Result<Response, Refusal> {
    let filter = filter(&asked, &state)?;
    let AuditPart { entries, rest } = state.audit.audit_part(&Workspace::default(), filter, PAGE).await?;
    let next = rest.map(|rest| link(&asked, rest));
    let report = state.readiness.look().await;
    let log = report.dependencies.into_iter().find(|dependency| dependency.name == "audit");
    let is_well = log.as_ref().is_some_and(|log| log.state == "ok");
    frame.answer(&AuditLogPage {
        shell: frame.shell("Audit", Some(AUDIT)),
        mark: log.as_ref().map(|_| if is_well { StateMark::Done } else { StateMark::Ending }),
        verdict: if is_well {
            "the newest record is kept beside the log"
        } else {
            "the end of the log is not proven"
        },
        since: log
            .as_ref()
            .map_or_else(String::new, |log| format!("for {}", span(log.for_seconds as i64 * 1000))),
        looked: followed(&state.vitals.audit(), state.clock.now()),
        advice: log.and_then(|log| log.advice).unwrap_or(ADVICE),
        records: views(&state, &frame, entries).await?,
        asked,
        next,
    })
}

fn filter(asked: &AuditPageQuery, state: &AppState) -> Result<AuditFilter, Refusal> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let hours = match given(&asked.hours).map(|text| text.parse::<i64>()) {
        None => None,
        Some(Ok(hours @ 1..=MOST_HOURS)) => Some(hours),
        Some(_) => {
            return Err(Refusal::field("hours", "expected a number of hours from 1 to 1000000, or nothing"));
        }
    };
    Ok(AuditFilter {
        before: asked.cursor,
        after: None,
        actor: given(&asked.actor),
        action: given(&asked.action),
        target: given(&asked.target),
        since: hours.map(|hours| state.clock.now().plus(-hours * HOUR_MILLIS)),
        looks_at: Some(AuditFilter::LOOKS_AT),
    })
}

/// The query of the next page.
fn link(asked: &AuditPageQuery, cursor: i64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("actor", &asked.actor), ("action", &asked.action), ("target", &asked.target)] {
        query.append_pair(name, value);
    }
    query.append_pair("hours", &asked.hours).append_pair("cursor", &cursor.to_string());
    query.finish()
}

/// The records with the names of the keys in them.
async fn views(
    state: &AppState,
    frame: &PageFrame,
    entries: Vec<AuditEntry>,
) -> Result<Vec<RecordView>, Refusal> {
    let ids = entries.iter().flat_map(|entry| [&*entry.record.actor, &*entry.record.target]).collect();
    let names = KeyNames::of(&state.keyring, ids).await?;
    let named = |id: &str| names.key(id).map(str::to_owned);
    let view = |AuditEntry { sequence, record, .. }: AuditEntry| RecordView {
        sequence,
        at: frame.when(record.at),
        actor_name: named(&record.actor),
        target_name: named(&record.target),
        actor: record.actor,
        action: record.action.into_owned(),
        target: record.target,
        request_id: record.request_id,
    };
    Ok(entries.into_iter().map(view).collect())
}
