//! Usage: how often, and how long calls took, as a histogram of half powers of two from 1 us to 13 minutes.

use std::time::Duration;

use crate::model::Workspace;

const STEPS: usize = 60;

/// What one key did with one tool in one hour.
#[derive(Clone, Debug)]
pub struct UsageRow {
    /// The tenant.
    pub workspace: Workspace,
    /// Hours since 1970.
    pub hour: i64,
    /// The key's id.
    pub key_id: String,
    /// Whose it is.
    pub user_id: String,
    /// The tool, or the method of a call that names none.
    pub tool: String,
    /// Calls, failed ones too.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
    /// Those refused by a limit, which are no calls.
    pub limited: u64,
    /// How long the calls took.
    pub durations: Durations,
}

impl UsageRow {
    /// Adds what another counted of the same.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.limited += other.limited;
        self.durations.merge(&other.durations);
    }
}

/// What one key, user or tool did in some time.
#[derive(Clone, Debug)]
pub struct UsageSum {
    /// The key's id, the user's id or the tool.
    pub name: String,
    /// Calls, failed ones too.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
    /// Those refused by a limit, which are no calls.
    pub limited: u64,
    /// How long the calls took.
    pub durations: Durations,
    /// The hour with most calls, in hours since 1970, and how many those are.
    pub busiest_hour: Option<(i64, u64)>,
}

impl UsageSum {
    /// Adds what the same did in later hours.
    pub fn add(&mut self, later: &Self) {
        self.calls += later.calls;
        self.errors += later.errors;
        self.limited += later.limited;
        self.durations.merge(&later.durations);
        let most = |hour: Option<(i64, u64)>| hour.map(|(_, calls)| calls);
        if most(later.busiest_hour) > most(self.busiest_hour) {
            self.busiest_hour = later.busiest_hour;
        }
    }
}

/// A histogram of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations([u32; STEPS]);

impl Default for Durations {
    fn default() -> Self {
        Self([0; STEPS])
    }
}

impl Durations {
    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let micros = duration.as_micros().max(1) as f64;
        let step = ((micros.log2() * 2.0).ceil() as usize).min(STEPS - 1);
        self.0[step] = self.0[step].saturating_add(1);
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own = own.saturating_add(other);
        }
    }

    /// What that part of the calls did not exceed, to 41 % above; zero when there were none.
    pub fn quantile(&self, part: f64) -> Duration {
        let total: u64 = self.0.iter().copied().map(u64::from).sum();
        let wanted = ((total as f64 * part).ceil() as u64).max(1);
        let mut seen = 0;
        for (step, count) in self.0.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return Duration::from_micros(2_f64.powf(step as f64 / 2.0).round() as u64);
            }
        }
        Duration::ZERO
    }

    /// As text: `step:count`, with blanks between.
    pub fn to_text(&self) -> String {
        let filled = self.0.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(step, count)| format!("{step}:{count}")).collect::<Vec<_>>().join(" ")
    }

    /// From [`Self::to_text`]; what is no such text counts nothing.
    pub fn from_text(text: &str) -> Self {
        let mut read = Self::default();
        for part in text.split(' ') {
            let pair = part
                .split_once(':')
                .and_then(|(step, count)| Some((step.parse::<usize>().ok()?, count.parse().ok()?)));
            if let Some((step, count)) = pair.filter(|(step, _)| *step < STEPS) {
                read.0[step] = count;
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_step_and_text_reads_back() {
        let mut durations = Durations::default();
        (1..=1000).for_each(|micros| durations.add(Duration::from_micros(micros)));
        for (part, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = durations.quantile(part).as_micros() as f64;
            assert!(found >= exact && found <= exact * 1.42, "{part}: {found}");
        }
        assert_eq!(Durations::from_text(&durations.to_text()), durations);
        assert_eq!(Durations::from_text("junk 99:1"), Durations::default());
        assert_eq!(Durations::default().quantile(0.5), Duration::ZERO);
    }
}
