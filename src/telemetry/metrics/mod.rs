//! The figures an operator watches. [`TABLE`] declares every metric; whoever causes a count adds it to the static of that name.
//!
//! They are the process's, as its log is, so that no room is handed them. All series a metric may have are there from the start,
//! and none before [`turn_on`]: counting is one look and one addition, and nothing a caller sends makes a series.

mod calls;
mod declaration;
mod family;
mod histogram;
mod label;
mod level;
mod lines;
mod objective;
mod page;
mod process;
mod table;
mod values;

pub use calls::CallMetrics;
pub use declaration::{Declaration, MetricKind};
pub use family::{Counter, Metric, Reading};
pub use histogram::Histogram;
pub use label::{KnownNames, Label, LabelSet, LabelValue};
pub use level::{Level, LevelGuard};
pub use objective::count_refusal;
pub use page::{CONTENT_TYPE, page, turn_on};
pub use process::read_process;
pub use table::*;
pub use values::*;

#[cfg(test)]
pub(crate) use page::tests;
