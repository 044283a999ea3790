//! `GET /admin/audit`: who did what, newest first; as JSON, or all of it as CSV or JSON lines.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::{
    StreamExt,
    future::ready,
    stream::{once, try_unfold},
};
use serde::{Deserialize, Serialize};

use crate::{
    http::{
        error::{ErrorResponses, Refusal},
        extract::{Admin, QueryParams},
    },
    model::{AuditEntry, Causes, UnixMillis, Workspace},
    stores::{AuditFilter, AuditLog, AuditPart, StoreError},
};

const PAGE: u32 = 100;
const MOST: u32 = 1_000;
const CSV_HEAD: &str = "sequence,at,actor,action,target,request_id\r\n";
/// Records of an export.
const EXPORT: u32 = 100_000;

/// Which records, and how.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only those of this actor: a key id, `admin`, `command-line` or `system`.
    actor: Option<String>,
    /// Only actions that begin with this, such as `key.`.
    action: Option<String>,
    /// Only those on this: a key or task id.
    target: Option<String>,
    /// Only those from this moment on: milliseconds since 1970.
    since: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<i64>,
    /// Records a page, 1 to 1000; 100 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `json` (when not given), or `csv` or `jsonl` for up to 100,000 records at once.
    format: Option<Format>,
}

/// How records are written.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Csv,
    Jsonl,
}

/// A record.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Its place in the log.
    sequence: i64,
    /// RFC 3339, UTC.
    at: String,
    /// Who.
    actor: String,
    /// What.
    action: String,
    /// On what.
    target: String,
    /// The call it was part of.
    request_id: String,
}

/// Some records.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditPage {
    /// Newest first; there may be none although there is a next page.
    records: Vec<AuditView>,
    /// `cursor` of the next page; `null` when this is the last.
    next_cursor: Option<i64>,
}

fn view(entry: AuditEntry) -> AuditView {
    let record = entry.record;
    AuditView {
        sequence: entry.sequence,
        at: record.at.rfc3339(),
        actor: record.actor,
        action: record.action.into_owned(),
        target: record.target,
        request_id: record.request_id,
    }
}

/// Who did what.
#[utoipa::path(get, path = "/admin/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, content((AuditPage = "application/json"), (String = "text/csv"),
        (String = "application/jsonl"))), ErrorResponses))]
pub async fn get(
    State(audit): State<Arc<dyn AuditLog>>,
    admin: Admin,
    QueryParams(query): QueryParams<AuditQuery>,
) -> Result<Response, Refusal> {
    let format = query.format.unwrap_or(Format::Json);
    if query.limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
        return Err(Refusal::field("limit", "expected 1 to 1000"));
    }
    let limit = query.limit.unwrap_or(if matches!(format, Format::Json) { PAGE } else { EXPORT });
    let filter = AuditFilter {
        before: query.cursor,
        after: None,
        actor: query.actor,
        action: query.action,
        target: query.target,
        since: query.since.map(UnixMillis),
        looks_at: Some(AuditFilter::LOOKS_AT),
    };
    if !matches!(format, Format::Json) {
        let request_id = admin.actor().request_id.to_owned();
        return export(Export { audit, filter, left: limit, format, request_id }).await;
    }
    let AuditPart { entries, rest: next_cursor } =
        audit.audit_part(&Workspace::default(), filter, limit).await?;
    let records = entries.into_iter().map(view).collect();
    Ok(Json(AuditPage { records, next_cursor }).into_response())
}

/// What of an export is still to be sent.
struct Export {
    audit: Arc<dyn AuditLog>,
    filter: AuditFilter,
    left: u32,
    format: Format,
    /// The body is made when the call has been answered, and its lines in the log are the call's.
    request_id: String,
}

impl Export {
    /// The text of the next records; nothing after the last.
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let wanted = self.left.min(MOST);
        if wanted == 0 {
            return Ok(None);
        }
        let entries = self.audit.audit(&Workspace::default(), self.filter.clone(), wanted).await?;
        self.left = if entries.len() < wanted as usize { 0 } else { self.left - wanted };
        self.filter.before = entries.last().map(|last| last.sequence);
        let records: Vec<_> = entries.into_iter().map(view).collect();
        let text = if matches!(self.format, Format::Csv) { csv(&records) } else { jsonl(&records) };
        Ok((!records.is_empty()).then_some(text))
    }

    fn tell_of(&self, error: &StoreError) {
        tracing::warn!(
            error = %Causes(error),
            request_id = self.request_id,
            "an export of the audit log ends early, its connection is closed"
        );
    }
}

/// Read and sent a page at a time, as the reader takes it.
async fn export(mut export: Export) -> Result<Response, Refusal> {
    let is_csv = matches!(export.format, Format::Csv);
    let head = if is_csv { CSV_HEAD } else { "" };
    // What fails before anything was sent has an answer of its own.
    let first = head.to_owned() + &export.next().await?.unwrap_or_default();
    let rest = try_unfold(export, |mut export| async move {
        let text = export.next().await.inspect_err(|error| export.tell_of(error))?;
        Ok::<_, StoreError>(text.map(|text| (text, export)))
    });
    let body = Body::from_stream(once(ready(Ok(first))).chain(rest));
    let content_type = if is_csv { "text/csv" } else { "application/jsonl" };
    Ok(([(header::CONTENT_TYPE, content_type)], body).into_response())
}

fn jsonl(records: &[AuditView]) -> String {
    let line =
        |record| serde_json::to_string(record).expect("plain values with string keys always serialise");
    records.iter().map(|record| line(record) + "\n").collect()
}

/// RFC 4180. A cell that a spreadsheet would take for a formula is text all the same.
fn csv(records: &[AuditView]) -> String {
    let cell = |text: &str| {
        let formula = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        format!("\"{formula}{}\"", text.replace('"', "\"\""))
    };
    let mut out = String::new();
    for record in records {
        let cells = [&record.at, &record.actor, &record.action, &record.target, &record.request_id];
        let cells: Vec<_> = cells.into_iter().map(|text| cell(text)).collect();
        out.extend([&*record.sequence.to_string(), ",", &*cells.join(","), "\r\n"]);
    }
    out
}
