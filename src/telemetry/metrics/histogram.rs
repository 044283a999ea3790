//! Durations, counted by how long they were. Memory and work are the same however many there are: nothing is kept of each.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{
    declaration::{Declaration, MetricKind},
    family::{Family, Metric},
    label::LabelSet,
    lines::PageLines,
};

/// Upper ends of the buckets, in microseconds: from a call that asks nobody to one that waits a minute.
const ENDS: [u64; 18] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The same in seconds, as `le` has them. Whole ones end with `.0`: Prometheus from version 3 on writes them so, whatever it
/// reads, and an expression that names one is to hold for every version.
pub(super) const BOUNDS: [&str; ENDS.len()] = [
    "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5",
    "1.0", "2.5", "5.0", "10.0", "30.0", "60.0",
];

/// The place of the bucket in which a duration is counted, if it is not longer than all of them.
pub(super) fn place(duration: Duration) -> usize {
    ENDS.partition_point(|end| u128::from(end * 1_000) < duration.as_nanos())
}

/// How many durations of one series were how long. What is longer than the last end has a bucket of its own.
#[derive(Default)]
struct Buckets {
    buckets: [AtomicU64; ENDS.len() + 1],
    nanos: AtomicU64,
}

/// Durations in seconds.
pub struct Histogram<L>(Family<Buckets, L>);

impl<L: LabelSet> Histogram<L> {
    pub(super) const fn new(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self(Family::new(name, MetricKind::Histogram, unit, help))
    }

    /// Counts one that took so long.
    pub fn observe(&self, values: L, duration: Duration) {
        let Some(cell) = self.0.cell(values) else { return };
        cell.buckets[place(duration)].fetch_add(1, Ordering::Relaxed);
        cell.nanos.fetch_add(duration.as_nanos() as u64, Ordering::Relaxed);
    }
}

impl<L: LabelSet> Metric for Histogram<L> {
    fn declaration(&self) -> Declaration {
        self.0.declaration
    }

    fn turn_on(&self) {
        self.0.turn_on(Buckets::default);
    }

    fn write(&self, lines: &mut PageLines) {
        let declaration = &self.0.declaration;
        lines.head(declaration);
        for (index, cell) in self.0.all().iter().enumerate() {
            let buckets: Vec<_> = cell.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
            if buckets.iter().all(|count| *count == 0) && !declaration.labels.is_empty() {
                continue;
            }
            let mut count = 0;
            for (bucket, end) in buckets.iter().zip(BOUNDS.into_iter().chain(["+Inf"])) {
                count += bucket;
                lines.line(declaration, ("_bucket", index), Some(("le", end)), count);
            }
            lines.line(declaration, ("_sum", index), None, cell.nanos.load(Ordering::Relaxed) as f64 / 1e9);
            lines.line(declaration, ("_count", index), None, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LATENCY_BOUNDS_MS;

    #[test]
    fn what_is_written_is_what_is_counted_by() {
        let written = BOUNDS.map(|bound| (bound.parse::<f64>().expect("a number") * 1e6).round() as u64);
        assert_eq!(written, ENDS);
        assert!(
            BOUNDS.iter().all(|bound| bound.contains('.')),
            "a whole number is written otherwise elsewhere"
        );
    }

    #[test]
    fn every_time_an_objective_may_have_is_an_end() {
        for bound in LATENCY_BOUNDS_MS.map(Duration::from_millis) {
            assert_eq!(Some(bound.as_micros() as u64), ENDS.get(place(bound)).copied(), "{bound:?}");
        }
    }
}
