//! Usage as pages plot it: 24 hours by the hour, or 30 days by the day, in UTC.

use super::plot::{Plot, PlotPlace};
use crate::{
    http::state::UsageHours,
    model::{UnixMillis, Workspace},
    stores::{StoreError, UsagePart, UsageSeries, UsageStore},
};

const DAY_HOURS: i64 = 24;
const DAYS: i64 = 30;
/// 1970 began on the last of these.
const WEEKDAYS: [&str; 7] = ["Fri", "Sat", "Sun", "Mon", "Tue", "Wed", "Thu"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The plot of the last 24 hours of one key.
pub(super) async fn hours_of_key(
    store: &dyn UsageStore,
    workspace: &Workspace,
    now: UnixMillis,
    key_id: String,
) -> Result<Option<Plot>, StoreError> {
    let first_hour = now.hour() - DAY_HOURS + 1;
    let series = UsageSeries { first_hour, part_hours: 1, parts: DAY_HOURS as usize, key_id: Some(key_id) };
    Ok(by_hour(store.usage_series(workspace, series).await?, now))
}

/// The plots of the last 24 hours and of the last 30 days, of all keys.
pub(super) async fn hours_and_days(
    usage: &UsageHours,
    workspace: &Workspace,
    now: UnixMillis,
) -> Result<(Option<Plot>, Option<Plot>), StoreError> {
    let first_day = now.hour().div_euclid(DAY_HOURS) - DAYS + 1;
    let hours = usage.last(workspace, now.hour() + 1 - first_day * DAY_HOURS, now).await?;
    let added = |day: &[UsagePart]| day.iter().fold(UsagePart::default(), |sum, hour| sum.with(*hour));
    let days = hours.chunks(DAY_HOURS as usize).map(added);
    let days = Plot::of(days.zip(first_day..).map(|(part, day)| day_place(part, day)).collect());
    let of_day = hours.len().saturating_sub(DAY_HOURS as usize);
    Ok((by_hour(hours[of_day..].to_vec(), now), days))
}

/// The plot of hours that end with this one.
fn by_hour(parts: Vec<UsagePart>, now: UnixMillis) -> Option<Plot> {
    let first_hour = now.hour() + 1 - parts.len() as i64;
    Plot::of(parts.into_iter().zip(first_hour..).map(|(part, hour)| hour_place(part, hour)).collect())
}

fn hour_place(part: UsagePart, hour: i64) -> PlotPlace {
    let of_day = hour.rem_euclid(DAY_HOURS);
    let name = format!("{of_day:02}:00");
    PlotPlace { tick: (of_day % 3 == 0).then(|| name.clone()), name, part }
}

fn day_place(part: UsagePart, day: i64) -> PlotPlace {
    let weekday = WEEKDAYS[(day - 1).rem_euclid(7) as usize];
    let date = date(UnixMillis::of_hour(day.saturating_mul(DAY_HOURS)));
    PlotPlace { name: format!("{weekday} {date}"), tick: (weekday == "Mon").then_some(date), part }
}

/// As `02 Nov`.
fn date(at: UnixMillis) -> String {
    let text = at.rfc3339();
    let month = text[5..7].parse::<usize>().unwrap_or(1).clamp(1, 12);
    format!("{} {}", &text[8..10], MONTHS[month - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_of_their_hours_and_days() {
        let hour = |hour| hour_place(UsagePart::default(), hour);
        assert_eq!((hour(26).name, hour(26).tick), (String::from("02:00"), None));
        assert_eq!(hour(27).tick.as_deref(), Some("03:00"));
        let day = |day| day_place(UsagePart::default(), day);
        assert_eq!((day(0).name, day(0).tick), (String::from("Thu 01 Jan"), None));
        // 2026-11-23.
        assert_eq!((&*day(20_780).name, day(20_780).tick.as_deref()), ("Mon 23 Nov", Some("23 Nov")));
    }
}
