//! Lines of the page, in Prometheus' text format.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt::{Display, Write as _};

use super::declaration::Declaration;

/// A metric of no more series shows those that counted nothing, too: a rate needs the zero before the first one.
const FEW: usize = 64;

/// Lines of the page.
#[derive(Default)]
pub struct PageLines(pub(super) String);

impl PageLines {
    /// Whether so many series are shown all.
    pub(super) const fn are_few(series: usize) -> bool {
        series <= FEW
    }

    /// The lines before a metric's series.
    pub(super) fn head(&mut self, Declaration { name, kind, help, .. }: &Declaration) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
    }

    /// The line of a series, by its place among those of the metric; `end` is that of its name.
    pub(super) fn line(
        &mut self,
        metric: &Declaration,
        (end, index): (&str, usize),
        more: Option<(&str, &str)>,
        figure: impl Display,
    ) {
        let mut pairs = Vec::with_capacity(metric.labels.len() + 1);
        let mut rest = index;
        for label in metric.labels.iter().rev() {
            let values = label.values();
            pairs.push((label.name, values[rest % values.len()]));
            rest /= values.len();
        }
        pairs.reverse();
        pairs.extend(more);
        self.0.push_str(metric.name);
        self.0.push_str(end);
        for (at, (name, value)) in pairs.iter().enumerate() {
            // Values are words and paths of ours: nothing in them needs to be escaped.
            let _ = write!(self.0, "{}{name}=\"{value}\"", if at == 0 { '{' } else { ',' });
        }
        if !pairs.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {figure}");
    }
}
