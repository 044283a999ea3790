//! `GET /admin/usage`: how much was called, by key, user or tool.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Clock,
    http::{
        error::{ErrorResponses, Refusal},
        extract::{Admin, QueryParams},
    },
    model::{HOUR_MILLIS, UnixMillis, UsageSum, Workspace},
    stores::{UsageBy, UsageQuery, UsageStore},
};

/// Rows a page.
const PAGE: u32 = 1_000;
/// More rows than are ever kept.
const MAX_CURSOR: u32 = 1_000_000;

/// Of what time, and by what.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageParams {
    /// `24h` when not given, or `30d`.
    window: Option<Window>,
    /// `key` when not given, `user` or `tool`.
    by: Option<By>,
    /// `next_cursor` of the page before.
    #[param(minimum = 0, maximum = 1_000_000)]
    cursor: Option<u32>,
    /// Rows a page, 1 to 1000; 1000 when not given.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// How far back.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
pub enum Window {
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "30d")]
    Month,
}

impl Window {
    /// How many hours that is.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Month => 720,
        }
    }
}

/// What is added up.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Key,
    User,
    Tool,
}

/// What was called in that time, to some seconds.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Usage {
    window: Window,
    by: By,
    /// Most calls first.
    rows: Vec<Used>,
    /// `cursor` of the next page; `null` when this is the last.
    next_cursor: Option<u32>,
}

/// One key, user or tool.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Used {
    /// The key's id, the user's id or the tool; calls that name no tool stand under their method.
    name: String,
    /// Calls, failed ones too.
    calls: u64,
    /// Failed ones.
    errors: u64,
    /// Refused by a limit.
    limited: u64,
    /// What half of the calls did not exceed, in milliseconds; these three to 41 % above.
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    /// Calls an hour, over the whole window.
    average_per_hour: f64,
    /// The hour with most calls.
    busiest_hour: Option<BusiestHour>,
}

/// An hour.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BusiestHour {
    /// When it began; RFC 3339, UTC.
    at: String,
    /// Calls in it.
    calls: u64,
}

/// How much was called.
#[utoipa::path(get, path = "/admin/usage", tag = "usage", params(UsageParams),
    responses((status = 200, body = Usage), ErrorResponses))]
pub async fn get(
    State(usage): State<Arc<dyn UsageStore>>,
    State(clock): State<Arc<dyn Clock>>,
    _admin: Admin,
    QueryParams(query): QueryParams<UsageParams>,
) -> Result<Json<Usage>, Refusal> {
    let (window, by) = (query.window.unwrap_or(Window::Day), query.by.unwrap_or(By::Key));
    let (limit, offset) = (query.limit.unwrap_or(PAGE), query.cursor.unwrap_or(0));
    if !(1..=PAGE).contains(&limit) {
        return Err(Refusal::field("limit", "expected 1 to 1000"));
    }
    if offset > MAX_CURSOR {
        return Err(Refusal::field("cursor", "expected the next_cursor of the page before"));
    }
    let hours = window.hours();
    let asked = UsageQuery {
        since: clock.now().plus(-hours * HOUR_MILLIS),
        before_hour: i64::MAX,
        by: by.into(),
        // One more tells whether there is a next page.
        limit: limit as usize + 1,
        offset: offset as usize,
    };
    let mut sums = usage.usage(&Workspace::default(), asked).await?;
    let next_cursor = (sums.len() > limit as usize).then(|| offset.saturating_add(limit));
    sums.truncate(limit as usize);
    let rows = sums.into_iter().map(|sum| used(sum, by, hours)).collect();
    Ok(Json(Usage { window, by, rows, next_cursor }))
}

impl From<By> for UsageBy {
    fn from(by: By) -> Self {
        match by {
            By::Key => Self::Key,
            By::User => Self::User,
            By::Tool => Self::Tool,
        }
    }
}

fn used(sum: UsageSum, by: By, hours: i64) -> Used {
    let millis = |part| sum.durations.quantile(part).as_micros() as f64 / 1000.0;
    let (p50_ms, p95_ms, p99_ms) = (millis(0.5), millis(0.95), millis(0.99));
    Used {
        // A limit refuses before the body is read.
        name: if sum.name.is_empty() && by == By::Tool { String::from("(over the limit)") } else { sum.name },
        calls: sum.calls,
        errors: sum.errors,
        limited: sum.limited,
        p50_ms,
        p95_ms,
        p99_ms,
        average_per_hour: sum.calls as f64 / hours as f64,
        busiest_hour: sum
            .busiest_hour
            .map(|(hour, calls)| BusiestHour { at: UnixMillis::of_hour(hour).rfc3339(), calls }),
    }
}
