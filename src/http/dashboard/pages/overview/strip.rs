//! The strip at the foot: how the gateway does, a figure each; the page of health has the detail.

use crate::{
    auth::Role,
    http::{
        dashboard::{
            moments::span,
            pages::health_rows::{MISSED_READINGS, OWED_MILLIS, behind, followed, read, writes},
            words::{StateMark, grouped},
        },
        error::Refusal,
        session::Viewer,
        state::{AppState, VitalSigns},
    },
    model::UnixMillis,
    stores::{UsagePart, UsageSeries},
};

/// Events that are not followed for longer need a look.
const BEHIND_MILLIS: i64 = 2_000;
const DAY_HOURS: i64 = 24;

/// A figure.
pub struct StripFact {
    pub name: &'static str,
    /// `None` of what is neither well nor ill.
    pub mark: Option<StateMark>,
    pub value: String,
    pub more: String,
}

/// The figures, as that visitor may see them.
pub async fn strip(state: &AppState, visitor: &Viewer) -> Result<Vec<StripFact>, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let (signs, now) = (state.vitals.read(workspace).await, state.clock.now());
    let audit = state.vitals.audit();
    let behind_millis = signs.events_behind_millis;
    let facts = vec![
        board(&signs),
        owed(&signs, now),
        fact("Store, event log", behind_millis.is_some_and(|millis| millis <= BEHIND_MILLIS), behind(&signs)),
        StripFact {
            // Of a log that nobody followed yet nothing is known.
            mark: audit.at.map(|_| if audit.fault.is_none() { StateMark::Done } else { StateMark::Lost }),
            ..fact("Audit log", true, followed(&audit, now))
        },
    ];
    let sees_all = visitor.may(Role::Administrator);
    let own = visitor.visitor().principal.as_ref().map(|principal| principal.key_id.to_string());
    if !sees_all && own.is_none() {
        return Ok(facts);
    }
    let hours = match own.filter(|_| !sees_all) {
        Some(key_id) => {
            let first_hour = now.hour() - DAY_HOURS + 1;
            let series = UsageSeries { first_hour, part_hours: DAY_HOURS, parts: 1, key_id: Some(key_id) };
            state.usage_store.usage_series(workspace, series).await?
        }
        None => state.usage_hours.last(workspace, DAY_HOURS, now).await?,
    };
    let UsagePart { calls, errors, limited } = hours.into_iter().fold(UsagePart::default(), UsagePart::with);
    let calls = StripFact {
        name: if sees_all { "Calls, 24 h" } else { "Your calls, 24 h" },
        mark: None,
        value: grouped(calls),
        more: format!("{} errors, {} over a limit", grouped(errors), grouped(limited)),
    };
    Ok(facts.into_iter().chain([calls]).collect())
}

fn fact(name: &'static str, is_well: bool, value: String) -> StripFact {
    let mark = if is_well { StateMark::Done } else { StateMark::Ending };
    StripFact { name, mark: Some(mark), value, more: String::new() }
}

fn board(signs: &VitalSigns) -> StripFact {
    if !signs.board.about.is_remote() {
        return fact("Board", true, String::from("built in"));
    }
    let late = signs.board_refresh_millis.saturating_mul(MISSED_READINGS) / 1000;
    let is_read = |seconds: u64| i64::try_from(seconds).is_ok_and(|seconds| seconds <= late);
    fact("Board", signs.board.refreshed_seconds_ago.is_some_and(is_read), read(signs))
}

fn owed(signs: &VitalSigns, now: UnixMillis) -> StripFact {
    let name = "Owed to the board";
    let Some(owed) = signs.owed else { return fact(name, false, String::from("the store does not say")) };
    let age = owed.oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0).max(0));
    if owed.pending == 0 {
        return fact(name, true, String::from("nothing"));
    }
    let value = format!("{}, {} old", writes(owed.pending), span(age));
    fact(name, age <= OWED_MILLIS, value)
}
