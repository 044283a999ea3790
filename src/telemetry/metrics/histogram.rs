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
        let nanos = duration.as_nanos() as u64;
        let bucket = ENDS.partition_point(|end| end * 1_000 < nanos);
        cell.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        cell.nanos.fetch_add(nanos, Ordering::Relaxed);
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
            let (mut count, ends) = (0, ENDS.iter().map(|micros| Some(*micros as f64 / 1e6)).chain([None]));
            for (bucket, end) in buckets.iter().zip(ends) {
                count += bucket;
                let end = end.map_or_else(|| String::from("+Inf"), |end| end.to_string());
                lines.line(declaration, ("_bucket", index), Some(("le", &end)), count);
            }
            lines.line(declaration, ("_sum", index), None, cell.nanos.load(Ordering::Relaxed) as f64 / 1e9);
            lines.line(declaration, ("_count", index), None, count);
        }
    }
}
