//! `/dashboard/usage`: how much was called, by the hour and by the day, and by which key, user or tool.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    http::{
        admin::usage::{By, Window},
        dashboard::{
            PageFrame, filters, key_view::StoredKey, moments::When, nav::USAGE, plot::Plot, shell::Shell,
            usage_view::hours_and_days, words::grouped,
        },
        error::Refusal,
        extract::QueryParams,
        session::Administrator,
        state::AppState,
    },
    model::{UnixMillis, UsageSum, Workspace},
};

/// Rows of the table.
const MOST: usize = 50;

/// Of what time the table is, and by what.
#[derive(Deserialize)]
pub struct UsagePageQuery {
    window: Option<Window>,
    by: Option<By>,
}

/// Something to choose.
struct Choice {
    window: &'static str,
    by: &'static str,
    word: &'static str,
    is_chosen: bool,
}

/// A key, a user or a tool.
struct UsageRowView {
    name: String,
    key: Option<StoredKey>,
    calls: String,
    share: String,
    errors: String,
    limited: String,
    p50_ms: String,
    p99_ms: String,
    busiest_hour: Option<(When, String)>,
}

#[derive(Template)]
#[template(path = "usage.html", config = "src/http/dashboard/askama.toml")]
struct UsagePage {
    shell: Shell,
    windows: [Choice; 2],
    bys: [Choice; 3],
    by: &'static str,
    names_keys: bool,
    hours: Option<Plot>,
    days: Option<Plot>,
    rows: Vec<UsageRowView>,
    is_cut: bool,
}

/// `GET /dashboard/usage`.
pub async fn show(
    State(state): State<AppState>,
    _: Administrator,
    frame: PageFrame,
    QueryParams(query): QueryParams<UsagePageQuery>,
) -> Result<Response, Refusal> {
    let (window, by) = (query.window.unwrap_or(Window::Day), query.by.unwrap_or(By::Key));
    let (workspace, now) = (Workspace::default(), state.clock.now());
    let mut sums = state.usage_sums.last(&workspace, by.into(), (window.hours(), MOST + 1), now).await?;
    let is_cut = sums.len() > MOST;
    sums.truncate(MOST);
    let (windows, bys) = choices(window, by);
    let (hours, days) = hours_and_days(&state.usage_hours, &workspace, now).await?;
    frame.answer(&UsagePage {
        shell: frame.shell("Usage", Some(USAGE)),
        by: words(by).1,
        names_keys: by == By::Key,
        hours,
        days,
        rows: rows(&state, &frame, sums, by).await?,
        windows,
        bys,
        is_cut,
    })
}

/// The rows of the table, the key of each beside it.
async fn rows(
    state: &AppState,
    frame: &PageFrame,
    sums: Vec<UsageSum>,
    by: By,
) -> Result<Vec<UsageRowView>, Refusal> {
    let most = sums.iter().map(|sum| sum.calls).max().unwrap_or(0).max(1);
    let mut rows = Vec::with_capacity(sums.len());
    for sum in sums {
        let stored = if by == By::Key { state.keyring.known(&sum.name).await? } else { None };
        let key = stored.map(|record| StoredKey::of(&record, frame, state.clock.now()));
        let millis = |part| format!("{:.2}", sum.durations.quantile(part).as_micros() as f64 / 1000.0);
        let count = |number: u64| if number == 0 { String::new() } else { grouped(number) };
        let busiest =
            sum.busiest_hour.map(|(hour, calls)| (frame.when(UnixMillis::of_hour(hour)), grouped(calls)));
        rows.push(UsageRowView {
            key,
            calls: grouped(sum.calls),
            share: format!("{}%", sum.calls * 100 / most),
            errors: count(sum.errors),
            limited: count(sum.limited),
            p50_ms: millis(0.5),
            p99_ms: millis(0.99),
            busiest_hour: busiest,
            name: if sum.name.is_empty() { String::from("(over the limit)") } else { sum.name },
        });
    }
    Ok(rows)
}

/// What `by` is in a query, as a headline and as a choice.
const fn words(by: By) -> (&'static str, &'static str, &'static str) {
    match by {
        By::Key => ("key", "Key", "Keys"),
        By::User => ("user", "User", "Users"),
        By::Tool => ("tool", "Tool", "Tools"),
    }
}

fn choices(window: Window, by: By) -> ([Choice; 2], [Choice; 3]) {
    let own = if matches!(window, Window::Day) { "24h" } else { "30d" };
    let of_time = |(window, word)| Choice { window, by: words(by).0, word, is_chosen: window == own };
    let of_kind = |kind| {
        let (name, _, word) = words(kind);
        Choice { window: own, by: name, word, is_chosen: kind == by }
    };
    ([("24h", "24 h"), ("30d", "30 days")].map(of_time), [By::Key, By::User, By::Tool].map(of_kind))
}
