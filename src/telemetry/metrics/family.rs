//! The series of one metric: a cell for each set of label values it may have, all of them made at once.

use std::{
    marker::PhantomData,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    declaration::{Declaration, MetricKind},
    label::{Label, LabelSet},
    lines::PageLines,
};

/// A metric of the table.
pub trait Metric: Sync {
    /// As it is declared.
    fn declaration(&self) -> Declaration;
    /// Makes its series.
    fn turn_on(&self);
    /// Writes its series.
    fn write(&self, lines: &mut PageLines);
}

/// The cells of a metric.
pub(super) struct Family<Cell, L> {
    pub(super) declaration: Declaration,
    cells: OnceLock<Box<[Cell]>>,
    labels: PhantomData<fn(L)>,
}

impl<Cell, L: LabelSet> Family<Cell, L> {
    pub(super) const fn new(
        name: &'static str,
        kind: MetricKind,
        unit: &'static str,
        help: &'static str,
    ) -> Self {
        let declaration = Declaration { name, kind, unit, help: help.trim_ascii(), labels: L::LABELS };
        Self { declaration, cells: OnceLock::new(), labels: PhantomData }
    }

    pub(super) fn turn_on(&self, cell: impl Fn() -> Cell) {
        self.cells.get_or_init(|| {
            let count = self.declaration.labels.iter().map(|label| label.values().len()).product();
            std::iter::repeat_with(cell).take(count).collect()
        });
    }

    pub(super) fn is_on(&self) -> bool {
        self.cells.get().is_some()
    }

    /// The cell of those values, once the metrics are on.
    pub(super) fn cell(&self, values: L) -> Option<&Cell> {
        let cells = self.cells.get()?;
        let (mut index, mut labels) = (0, self.declaration.labels.iter());
        values.positions(&mut |position| {
            let most = labels.next().map_or(1, Label::count);
            index = index * most + position;
        });
        cells.get(index)
    }

    /// Every cell.
    pub(super) fn all(&self) -> &[Cell] {
        self.cells.get().map(|cells| &**cells).unwrap_or_default()
    }
}

/// A count that only grows.
pub struct Counter<L>(Family<AtomicU64, L>);

impl<L: LabelSet> Counter<L> {
    pub(super) const fn new(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self(Family::new(name, MetricKind::Counter, unit, help))
    }

    /// Whether anything is counted.
    pub fn is_on(&self) -> bool {
        self.0.is_on()
    }

    /// Counts one more.
    pub fn add(&self, values: L) {
        if let Some(cell) = self.0.cell(values) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<L: LabelSet> Metric for Counter<L> {
    fn declaration(&self) -> Declaration {
        self.0.declaration
    }

    fn turn_on(&self) {
        self.0.turn_on(AtomicU64::default);
    }

    fn write(&self, lines: &mut PageLines) {
        lines.head(&self.0.declaration);
        let all = self.0.all();
        for (index, cell) in all.iter().enumerate() {
            let count = cell.load(Ordering::Relaxed);
            if count > 0 || PageLines::are_few(all.len()) {
                lines.line(&self.0.declaration, ("", index), None, count);
            }
        }
    }
}

/// A figure that is read when it is asked for; none until it was.
pub struct Reading<L>(Family<AtomicU64, L>);

/// Bits that stand for no figure.
const NONE: u64 = f64::NAN.to_bits();

impl<L: LabelSet> Reading<L> {
    pub(super) const fn new(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self(Family::new(name, MetricKind::Gauge, unit, help))
    }

    /// The same of a figure that only grows.
    pub(super) const fn growing(name: &'static str, unit: &'static str, help: &'static str) -> Self {
        Self(Family::new(name, MetricKind::Counter, unit, help))
    }

    /// The figure is that now; NaN: there is none.
    pub fn set(&self, values: L, figure: f64) {
        if let Some(cell) = self.0.cell(values) {
            cell.store(figure.to_bits(), Ordering::Relaxed);
        }
    }

    /// There is no figure.
    pub fn clear(&self) {
        self.0.all().iter().for_each(|cell| cell.store(NONE, Ordering::Relaxed));
    }
}

impl<L: LabelSet> Metric for Reading<L> {
    fn declaration(&self) -> Declaration {
        self.0.declaration
    }

    fn turn_on(&self) {
        self.0.turn_on(|| AtomicU64::new(NONE));
    }

    fn write(&self, lines: &mut PageLines) {
        lines.head(&self.0.declaration);
        for (index, cell) in self.0.all().iter().enumerate() {
            let figure = f64::from_bits(cell.load(Ordering::Relaxed));
            if !figure.is_nan() {
                lines.line(&self.0.declaration, ("", index), None, figure);
            }
        }
    }
}
