//! `GET /admin/usage`: how much was called, by key, user or tool.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use super::{Gate, caller::Admin, error::Refusal, form::Asked, problem::Fault};
use crate::model::{Durations, UnixMillis, UsageRow, Workspace};

const HOUR_MILLIS: i64 = 3_600_000;

/// Of what time, and by what.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsageQuery {
    /// `24h` when not given, or `30d`.
    window: Option<Window>,
    /// `key` when not given, `user` or `tool`.
    by: Option<By>,
}

/// How far back.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
pub(super) enum Window {
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "30d")]
    Month,
}

/// What is added up.
#[derive(Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    Key,
    User,
    Tool,
}

/// What was called in that time, to some seconds.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Usage {
    window: Window,
    by: By,
    /// Most calls first.
    rows: Vec<Used>,
}

/// One key, user or tool.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Used {
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
pub(super) struct BusiestHour {
    /// When it began; RFC 3339, UTC.
    at: String,
    /// Calls in it.
    calls: u64,
}

#[derive(Default)]
struct Sum {
    calls: u64,
    errors: u64,
    limited: u64,
    durations: Durations,
    hours: BTreeMap<i64, u64>,
}

/// How much was called.
#[utoipa::path(get, path = "/admin/usage", tag = "usage", params(UsageQuery), security(("admin" = [])),
    responses((status = 200, body = Usage), Fault))]
pub(super) async fn get(
    State(gate): State<Arc<Gate>>,
    _admin: Admin,
    Asked(query): Asked<UsageQuery>,
) -> Result<Json<Usage>, Refusal> {
    let (window, by) = (query.window.unwrap_or(Window::Day), query.by.unwrap_or(By::Key));
    let hours = if matches!(window, Window::Day) { 24 } else { 720 };
    let since = gate.parts.clock.now().plus(-hours * HOUR_MILLIS);
    let counted = gate.parts.usage_store.usage(&Workspace::default(), since).await?;
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for row in counted {
        sums.entry(name_of(&row, by)).or_default().add(&row);
    }
    let mut rows: Vec<_> = sums.into_iter().map(|(name, sum)| sum.used(name, hours)).collect();
    rows.sort_by_key(|used| std::cmp::Reverse(used.calls));
    Ok(Json(Usage { window, by, rows }))
}

fn name_of(row: &UsageRow, by: By) -> String {
    match by {
        By::Key => row.key_id.clone(),
        By::User => row.user_id.clone(),
        // A limit refuses before the body is read.
        By::Tool if row.tool.is_empty() => String::from("(over the limit)"),
        By::Tool => row.tool.clone(),
    }
}

impl Sum {
    fn add(&mut self, row: &UsageRow) {
        self.calls += row.calls;
        self.errors += row.errors;
        self.limited += row.limited;
        self.durations.merge(&row.durations);
        *self.hours.entry(row.hour).or_default() += row.calls;
    }

    fn used(self, name: String, hours: i64) -> Used {
        let millis = |part| self.durations.quantile(part).as_micros() as f64 / 1000.0;
        let busiest = self.hours.iter().max_by_key(|(_, calls)| **calls);
        Used {
            name,
            calls: self.calls,
            errors: self.errors,
            limited: self.limited,
            p50_ms: millis(0.5),
            p95_ms: millis(0.95),
            p99_ms: millis(0.99),
            average_per_hour: self.calls as f64 / hours as f64,
            busiest_hour: busiest.map(|(hour, calls)| BusiestHour {
                at: UnixMillis(hour * HOUR_MILLIS).rfc3339(),
                calls: *calls,
            }),
        }
    }
}
