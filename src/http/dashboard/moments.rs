//! Moments as a page shows them: how long ago, and in UTC; what is left until an end. Without a script they stand still, as of
//! the page's own time; with one they tick by the server's clock.

use crate::model::UnixMillis;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// From when on a lease is about to end.
const ENDING_SECONDS: i64 = 120;

/// A moment, seen from the page's own time.
#[derive(Clone, Copy, Debug)]
pub struct When {
    at: UnixMillis,
    now: UnixMillis,
}

impl When {
    /// That moment, on a page made at `now`.
    pub const fn new(at: UnixMillis, now: UnixMillis) -> Self {
        Self { at, now }
    }

    /// For machines.
    pub fn iso(&self) -> String {
        self.at.rfc3339()
    }

    /// As `2026-11-27 17:02 UTC`.
    pub fn utc(&self) -> String {
        let text = self.at.rfc3339();
        format!("{} {} UTC", &text[..10], &text[11..16])
    }

    /// As `17:02`, in UTC.
    pub fn clock(&self) -> String {
        self.at.rfc3339()[11..16].to_owned()
    }

    /// As `8 min ago`; `in 3 days` of what is to come.
    pub fn ago(&self) -> String {
        let millis = self.now.0.saturating_sub(self.at.0);
        let span = span(millis.saturating_abs());
        match millis {
            -1_000..1_000 => String::from("now"),
            1_000.. => format!("{span} ago"),
            _ => format!("in {span}"),
        }
    }
}

/// What is left until an end.
#[derive(Clone, Copy, Debug)]
pub struct TimeLeft {
    /// Whole seconds until the end; 0 when it is over.
    pub seconds: i64,
    /// Whole seconds of the whole time.
    pub of_seconds: i64,
    end: UnixMillis,
}

impl TimeLeft {
    /// The time until `end` of `of_millis` in all, on a page made at `now`.
    pub const fn new(end: UnixMillis, of_millis: i64, now: UnixMillis) -> Self {
        let millis = end.0.saturating_sub(now.0);
        let seconds = if millis > 0 { millis / SECOND } else { 0 };
        Self { seconds, of_seconds: of_millis / SECOND, end }
    }

    /// Whether nothing is left.
    pub const fn is_over(&self) -> bool {
        self.seconds == 0
    }

    /// Whether little is left.
    pub const fn is_ending(&self) -> bool {
        self.seconds < ENDING_SECONDS
    }

    /// The class of its colour in the sheet.
    pub const fn colour(&self) -> &'static str {
        if self.is_ending() { "risk" } else { "work" }
    }

    /// As `1:25`, or `2:05:00`.
    pub fn clock(&self) -> String {
        let (hours, minutes, seconds) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        if hours > 0 {
            format!("{hours}:{minutes:02}:{seconds:02}")
        } else {
            format!("{minutes}:{seconds:02}")
        }
    }

    /// For machines: a duration.
    pub fn iso(&self) -> String {
        format!("PT{}S", self.seconds)
    }

    /// For machines: the moment of the end.
    pub fn end_iso(&self) -> String {
        self.end.rfc3339()
    }
}

/// A length of time in its largest unit, rounded down: `45 s`, `8 min`, `3 h`, `2 days`.
pub fn span(millis: i64) -> String {
    match millis.max(0) {
        millis @ 0..MINUTE => format!("{} s", millis / SECOND),
        millis @ MINUTE..HOUR => format!("{} min", millis / MINUTE),
        millis @ HOUR..DAY => format!("{} h", millis / HOUR),
        millis if millis / DAY == 1 => String::from("1 day"),
        millis => format!("{} days", millis / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    #[test]
    fn a_moment_is_told_by_how_long_ago_it_was() {
        for (millis, told) in [
            (0, "now"),
            (-45_000, "45 s ago"),
            (-8 * MINUTE, "8 min ago"),
            (-3 * HOUR, "3 h ago"),
            (-DAY, "1 day ago"),
            (3 * DAY, "in 3 days"),
        ] {
            assert_eq!(When::new(NOW.plus(millis), NOW).ago(), told);
        }
        let when = When::new(NOW, NOW);
        assert_eq!((when.utc(), when.clock()), (String::from("2023-11-14 22:13 UTC"), String::from("22:13")));
    }

    #[test]
    fn what_is_left_counts_down_and_is_never_less_than_nothing() {
        let left = |millis| TimeLeft::new(NOW.plus(millis), 600_000, NOW);
        assert_eq!(left(85_000).clock(), "1:25");
        assert_eq!(left(7_500_000).clock(), "2:05:00");
        assert_eq!((left(409_000).colour(), left(85_000).colour()), ("work", "risk"));
        assert!(left(-5_000).is_over() && !left(1_000).is_over());
    }
}
