//! A number of things that are so just now.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    declaration::{Declaration, MetricKind},
    family::{Family, Metric},
    lines::PageLines,
};

/// How many there are.
pub struct Level(Family<AtomicU64, ()>);

/// One of them, until it is dropped.
#[must_use]
pub struct LevelGuard(Option<&'static AtomicU64>);

impl Level {
    pub(super) const fn new(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self(Family::new(name, MetricKind::Gauge, unit, help))
    }

    /// One more.
    pub fn enter(&'static self) -> LevelGuard {
        let cell = self.0.cell(());
        LevelGuard(cell.inspect(|cell| _ = cell.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for LevelGuard {
    fn drop(&mut self) {
        if let Some(cell) = self.0 {
            cell.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Metric for Level {
    fn declaration(&self) -> Declaration {
        self.0.declaration
    }

    fn turn_on(&self) {
        self.0.turn_on(AtomicU64::default);
    }

    fn write(&self, lines: &mut PageLines) {
        lines.head(&self.0.declaration);
        for cell in self.0.all() {
            lines.line(&self.0.declaration, ("", 0), None, cell.load(Ordering::Relaxed));
        }
    }
}
