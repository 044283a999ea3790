//! Plots: from counts to bars, lines and words. A pure function, in the units of the drawing; the template draws. What answered stands
//! at the bottom, errors on it, what a limit refused on top.

use super::words::{counted, grouped};
use crate::stores::UsagePart;

/// The height of the drawing.
const HEIGHT: f64 = 190.0;
/// The part of its place that a bar takes.
const FILLED: f64 = 0.72;
/// Lines above the one at 0.
const MOST_STEPS: u64 = 4;
/// What is there is seen, however little it is.
const LEAST_HEIGHT: f64 = 1.5;

/// Counts of one place of a plot.
pub(super) struct PlotPlace {
    /// Its name.
    pub name: String,
    /// What stands under it, if anything.
    pub tick: Option<String>,
    /// The counts.
    pub part: UsagePart,
}

/// A plot, ready to be drawn.
pub(super) struct Plot {
    /// Lines with their number, from 0.
    pub lines: Vec<PlotLine>,
    /// A bar for each place with something in it.
    pub bars: Vec<PlotBar>,
    /// What stands under the places.
    pub ticks: Vec<PlotTick>,
    /// What is under all of it.
    pub total: String,
}

/// A line across the drawing.
pub(super) struct PlotLine {
    /// Where it is.
    pub y: String,
    /// Where its number is.
    pub text_y: String,
    /// The number.
    pub number: String,
}

/// A bar with its counts.
pub(super) struct PlotBar {
    /// Its place's name.
    pub name: String,
    /// Calls.
    pub calls: String,
    /// Failed ones.
    pub errors: String,
    /// Refused ones.
    pub limited: String,
    /// All of it in a sentence.
    pub said: String,
    /// Where it is.
    pub x: String,
    /// How wide it is.
    pub width: String,
    /// What it is made of, from the bottom.
    pub pieces: Vec<PlotPiece>,
}

/// A piece of a bar.
pub(super) struct PlotPiece {
    /// The class of its colour in the sheet.
    pub class: &'static str,
    /// Its upper edge.
    pub y: String,
    /// Its height.
    pub height: String,
}

/// What stands under a place.
pub(super) struct PlotTick {
    /// The text.
    pub text: String,
    /// Where its middle is.
    pub x: String,
    /// Whether it is left out where there is little room.
    pub is_odd: bool,
}

impl Plot {
    /// The plot of those places; `None` where nothing is in any of them.
    pub(super) fn of(places: Vec<PlotPlace>) -> Option<Self> {
        let largest = places
            .iter()
            .map(|place| place.part.calls + place.part.limited)
            .max()
            .filter(|most| *most > 0)?;
        let step = step(largest);
        let steps = largest.div_ceil(step);
        let scale = HEIGHT / (steps * step) as f64;
        let wide = 100.0 / places.len() as f64;
        let total = total(&places);
        let ticks = places.iter().enumerate().filter_map(|(at, place)| Some((at, place.tick.clone()?)));
        let ticks = ticks.enumerate().map(|(count, (at, text))| PlotTick {
            text,
            x: percent(wide * (at as f64 + 0.5)),
            is_odd: count % 2 == 1,
        });
        let ticks = ticks.collect();
        let full = places.into_iter().enumerate().filter(|(_, place)| place.part != UsagePart::default());
        let bars = full.map(|(at, place)| bar(place, wide * at as f64, wide, scale)).collect();
        let lines = (0..=steps).map(|count| {
            let y = HEIGHT - (count * step) as f64 * scale;
            PlotLine { y: units(y), text_y: units(y + 4.0), number: grouped(count * step) }
        });
        Some(Self { lines: lines.collect(), bars, ticks, total })
    }
}

/// The distance of lines: 1, 2, 2.5 or 5 times a power of ten, and whole.
fn step(largest: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [power, 2 * power, power * 5 / 2, 5 * power] {
            // 2.5 is not whole.
            if (step != 2 || power != 1 || largest <= 8) && largest.div_ceil(step) <= MOST_STEPS {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn bar(place: PlotPlace, left: f64, wide: f64, scale: f64) -> PlotBar {
    let UsagePart { calls, errors, limited } = place.part;
    let mut top = HEIGHT;
    let counts = [("f-ok", calls.saturating_sub(errors)), ("f-err", errors.min(calls)), ("f-lim", limited)];
    let pieces = counts.into_iter().filter(|(_, count)| *count > 0).map(|(class, count)| {
        let height = (count as f64 * scale).max(LEAST_HEIGHT).min(top);
        top -= height;
        PlotPiece { class, y: units(top), height: units(height) }
    });
    PlotBar {
        pieces: pieces.collect(),
        said: format!("{}: {}", place.name, in_words(place.part)),
        name: place.name,
        calls: grouped(calls),
        errors: grouped(errors),
        limited: grouped(limited),
        x: percent(left + wide * (1.0 - FILLED) / 2.0),
        width: percent(wide * FILLED),
    }
}

fn total(places: &[PlotPlace]) -> String {
    let sum = places.iter().fold(UsagePart::default(), |sum, place| UsagePart {
        calls: sum.calls + place.part.calls,
        errors: sum.errors + place.part.errors,
        limited: sum.limited + place.part.limited,
    });
    in_words(sum)
}

fn in_words(part: UsagePart) -> String {
    let count = |count: u64, one, many| counted(usize::try_from(count).unwrap_or(usize::MAX), one, many);
    format!(
        "{}, {}, {} over a limit",
        count(part.calls, "call", "calls"),
        count(part.errors, "error", "errors"),
        grouped(part.limited)
    )
}

fn percent(number: f64) -> String {
    format!("{number:.2}%")
}

fn units(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(calls: u64, errors: u64, limited: u64) -> PlotPlace {
        let part = UsagePart { calls, errors, limited };
        PlotPlace { name: String::from("09:00"), tick: Some(String::from("09")), part }
    }

    #[test]
    fn lines_stand_at_round_numbers_and_are_five_at_most() {
        for (largest, expected) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (8, 2),
            (9, 5),
            (20, 5),
            (21, 10),
            (99, 25),
            (140, 50),
            (503, 200),
            (999_999, 250_000),
        ] {
            let step = step(largest);
            assert_eq!(step, expected, "{largest}");
            assert!(largest.div_ceil(step) <= MOST_STEPS);
        }
        step(u64::MAX / 8);
    }

    #[test]
    fn a_bar_is_what_answered_then_errors_then_what_was_refused() {
        let plot = Plot::of(vec![place(60, 10, 80), place(0, 0, 0), place(0, 0, 1)]).unwrap();
        assert_eq!(
            plot.lines.iter().map(|line| &*line.number).collect::<Vec<_>>(),
            ["0", "50", "100", "150"]
        );
        assert_eq!((&*plot.lines[0].y, &*plot.lines[3].y), ("190.0", "0.0"));
        assert_eq!(plot.bars.len(), 2, "no data is a gap");
        let bar = &plot.bars[0];
        let pieces: Vec<_> =
            bar.pieces.iter().map(|piece| (piece.class, &*piece.y, &*piece.height)).collect();
        let expected = [("f-ok", "126.7", "63.3"), ("f-err", "114.0", "12.7"), ("f-lim", "12.7", "101.3")];
        assert_eq!(pieces, expected);
        assert_eq!((&*bar.x, &*bar.width), ("4.67%", "24.00%"));
        assert_eq!(bar.said, "09:00: 60 calls, 10 errors, 80 over a limit");
        assert_eq!(plot.bars[1].pieces[0].height, "1.5", "what is there is seen");
        assert_eq!(plot.total, "60 calls, 10 errors, 81 over a limit");
        assert_eq!(plot.ticks.iter().map(|tick| tick.is_odd).collect::<Vec<_>>(), [false, true, false]);
        assert!(Plot::of(vec![place(0, 0, 0)]).is_none() && Plot::of(Vec::new()).is_none());
    }
}
