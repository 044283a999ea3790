//! How each thing stands that the gateway depends on: its figure, what it should be, and what to do.

use crate::{
    http::{
        dashboard::{
            moments::span,
            words::{StateMark, counted, grouped},
        },
        state::{AuditVerdict, DependencyState, VitalSigns},
    },
    model::UnixMillis,
};

/// What is owed to the board for longer is told by an alert, too.
pub const OWED_MILLIS: i64 = 900_000;
/// Readings that may be missed before a board is old.
pub const MISSED_READINGS: i64 = 3;
const OWED_ADVICE: &str =
    "The board has not taken what was decided: look at what the log says of it. It is tried again and again.";

/// How one thing stands.
pub struct HealthRow {
    pub name: &'static str,
    pub word: String,
    /// Its figure.
    pub value: String,
    /// What it should be.
    pub limit: String,
    pub mark: StateMark,
    pub state: String,
    /// Since when it stands like that; nothing where nobody keeps it.
    pub span: Option<String>,
    pub advice: Option<&'static str>,
}

/// The rows of what was found.
pub fn rows(
    dependencies: Vec<DependencyState>,
    signs: &VitalSigns,
    audit: &AuditVerdict,
    now: UnixMillis,
) -> Vec<HealthRow> {
    let of = |dependency| row(dependency, signs, audit, now);
    let mut rows: Vec<_> = dependencies.into_iter().map(of).collect();
    rows.insert(rows.len().min(1), owed(signs, now));
    rows
}

fn row(dependency: DependencyState, signs: &VitalSigns, audit: &AuditVerdict, now: UnixMillis) -> HealthRow {
    let DependencyState { name, state, for_seconds, advice } = dependency;
    let (word, value, limit) = match name {
        "store" => ("Store", written(signs, now), String::from("answers within a second")),
        "board" => {
            let limit = span(signs.board_refresh_millis.saturating_mul(MISSED_READINGS));
            ("Board", read(signs), format!("read within {limit}"))
        }
        "events" => ("What other processes tell", behind(signs), String::from("followed within 2 s")),
        "audit" => ("Audit log", followed(audit, now), String::from("each record as it was written")),
        other => (other, String::new(), String::new()),
    };
    let mark = match state {
        "ok" => StateMark::Done,
        "unavailable" | "newer" | "not_loaded" | "broken" => StateMark::Lost,
        _ => StateMark::Ending,
    };
    HealthRow {
        name,
        word: word.to_owned(),
        value,
        limit,
        mark,
        state: state.replace('_', " "),
        span: Some(span(for_seconds as i64 * 1000)),
        advice,
    }
}

fn owed(signs: &VitalSigns, now: UnixMillis) -> HealthRow {
    let age = signs.owed.and_then(|owed| owed.oldest).map(|oldest| now.0.saturating_sub(oldest.0).max(0));
    let value = match (signs.owed, age) {
        (None, _) => String::from("the store does not say"),
        (Some(owed), Some(age)) if owed.pending > 0 => {
            format!("{}, the oldest {} old", writes(owed.pending), span(age))
        }
        _ => String::from("nothing"),
    };
    let is_late = age.is_some_and(|age| age > OWED_MILLIS);
    HealthRow {
        name: "owed",
        word: String::from("Owed to the board"),
        value,
        limit: format!("written within {}", span(OWED_MILLIS)),
        mark: if is_late { StateMark::Ending } else { StateMark::Done },
        state: String::from(if is_late { "late" } else { "ok" }),
        span: None,
        advice: is_late.then_some(OWED_ADVICE),
    }
}

/// So many writes, in words.
pub fn writes(pending: u64) -> String {
    format!("{} {}", grouped(pending), if pending == 1 { "write" } else { "writes" })
}

/// When the store took a write.
pub fn written(signs: &VitalSigns, now: UnixMillis) -> String {
    signs.written_at.map_or_else(
        || String::from("took no write yet"),
        |at| match now.0.saturating_sub(at.0) {
            ..1000 => String::from("took a write just now"),
            millis => format!("took a write {} ago", span(millis)),
        },
    )
}

/// How old the picture of the board is.
pub fn read(signs: &VitalSigns) -> String {
    match signs.board.refreshed_seconds_ago {
        Some(seconds) => {
            format!("read {} ago", span(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)))
        }
        None => String::from("not read yet"),
    }
}

/// How far the events of other processes are followed.
pub fn behind(signs: &VitalSigns) -> String {
    match signs.events_behind_millis {
        None => String::from("the store does not say"),
        Some(0) => String::from("all followed"),
        Some(millis @ ..1000) => format!("{millis} ms behind"),
        Some(millis) => format!("{} behind", span(millis)),
    }
}

/// What the last look at the audit log has found.
pub fn followed(audit: &AuditVerdict, now: UnixMillis) -> String {
    let Some(at) = audit.at else { return String::from("not looked at yet") };
    let ago = span(now.0.saturating_sub(at.0).max(0));
    let to = counted(usize::try_from(audit.until).unwrap_or_default(), "record", "records");
    match (&audit.fault, audit.is_whole) {
        (Some(fault), _) => fault.clone(),
        (None, true) => format!("{to}, each as it was written, {ago} ago"),
        (None, false) => format!("{to} followed so far, {ago} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_the_audit_log_is_told_as_far_as_it_went() {
        let now = UnixMillis(60_000);
        let mut verdict = AuditVerdict::default();
        assert_eq!(followed(&verdict, now), "not looked at yet");
        verdict = AuditVerdict { until: 1, at: Some(UnixMillis(40_000)), is_whole: false, fault: None };
        assert_eq!(followed(&verdict, now), "1 record followed so far, 20 s ago");
        verdict.is_whole = true;
        assert_eq!(followed(&verdict, now), "1 record, each as it was written, 20 s ago");
        verdict.fault = Some(String::from("record 2: it is another"));
        assert_eq!(followed(&verdict, now), "record 2: it is another");
    }
}
