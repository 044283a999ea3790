//! Who held what in the last three hours: from histories to lanes with a bar for each hold, which ends in a mark. A pure function, in
//! percent of the drawing's width; the template draws.

use super::words::StateMark;
use crate::{
    model::{HistoryAction, UnixMillis},
    stores::StoredHistory,
};

const MINUTE: i64 = 60_000;
/// What is looked back on.
const WINDOW_MILLIS: i64 = 180 * MINUTE;
/// Between two ticks.
const TICK_MILLIS: i64 = 30 * MINUTE;
/// No tick stands so near to now, which has its own.
const NEAR_MILLIS: i64 = 12 * MINUTE;
/// What is drawn of the time to come: what is left of leases, within these.
const LEAST_AHEAD: i64 = 10 * MINUTE;
const MOST_AHEAD: i64 = 30 * MINUTE;
/// The time of a tick that stands so near to the edge begins at it, in percent.
const NEAR_EDGE: f64 = 2.0;
/// What is there is seen, however short it was.
const LEAST_WIDTH: f64 = 0.6;

/// One hold of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// The task's id.
    pub task_id: String,
    /// When it began; nothing where that is not known any more.
    pub from: Option<UnixMillis>,
    /// When it ended; `None`: it goes on.
    pub to: Option<UnixMillis>,
    /// What it ended in.
    pub mark: StateMark,
}

impl Hold {
    /// What it ended in, in words.
    pub(super) const fn ended(&self) -> &'static str {
        match self.mark {
            StateMark::Work => "at work",
            StateMark::Done => "done",
            StateMark::Blocked => "blocked",
            StateMark::Lost => "lost: the lease ended",
            StateMark::Parked => "lost: the lease ended, and the task was parked",
            StateMark::Person => "given back",
            _ => "taken by a person",
        }
    }
}

/// The holds that a history, newest first, tells of. `live`: the task held now and since when.
pub(super) fn holds(history: &[StoredHistory], live: Option<(&str, UnixMillis)>) -> Vec<Hold> {
    let mut holds: Vec<Hold> = Vec::new();
    let mut told = Vec::new();
    let mut open: Option<(String, UnixMillis)> = None;
    for entry in history.iter().rev().map(|stored| &stored.entry) {
        let mark = match entry.action {
            HistoryAction::Granted | HistoryAction::Resumed | HistoryAction::Recovered => {
                open = Some((entry.task_id.clone(), entry.at));
                told.retain(|claim| *claim != (&entry.task_id, entry.generation));
                continue;
            }
            HistoryAction::Completed => StateMark::Done,
            HistoryAction::Blocked => StateMark::Blocked,
            HistoryAction::Released => StateMark::Person,
            HistoryAction::LeaseEnded => StateMark::Lost,
            HistoryAction::Parked => StateMark::Parked,
            HistoryAction::EndedByPerson | HistoryAction::Deleted => StateMark::Taken,
            _ => continue,
        };
        let claim = (&entry.task_id, entry.generation);
        if told.contains(&claim) {
            // A lease that ended may be told to have parked the task.
            let last = holds.iter_mut().rev().find(|hold| hold.task_id == entry.task_id);
            if let (Some(last), StateMark::Parked) = (last, mark) {
                last.mark = mark;
            }
            continue;
        }
        told.push(claim);
        let from = open.take_if(|(task_id, _)| *task_id == entry.task_id).map(|(_, at)| at);
        holds.push(Hold { task_id: entry.task_id.clone(), from, to: Some(entry.at), mark });
    }
    if let Some((task_id, since)) = live {
        let from = open.filter(|(open, _)| open == task_id).map_or(since, |(_, at)| at);
        holds.push(Hold { task_id: task_id.to_owned(), from: Some(from), to: None, mark: StateMark::Work });
    }
    holds
}

/// Where moments stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneScale {
    start: UnixMillis,
    now: UnixMillis,
    millis: i64,
}

/// A bar of a lane.
#[derive(Debug)]
pub(super) struct LaneBar {
    /// Where it is, and how wide.
    pub x: String,
    pub width: String,
    /// Where its mark stands.
    pub end_x: String,
    /// The class of its colour in the sheet, of its mark's, and the shape of that.
    pub class: &'static str,
    pub colour: &'static str,
    pub shape: Option<&'static str>,
    /// The class of its label: nothing where there is no room for one.
    pub label: Option<&'static str>,
}

impl LaneScale {
    /// The scale at `now`, where the last lease ends at that moment.
    pub(super) fn new(now: UnixMillis, last_end: UnixMillis) -> Self {
        let ahead = last_end.0.saturating_sub(now.0).clamp(LEAST_AHEAD, MOST_AHEAD);
        Self { start: now.plus(-WINDOW_MILLIS), now, millis: WINDOW_MILLIS + ahead }
    }

    /// Whether anything of that hold is seen.
    pub(super) fn shows(&self, hold: &Hold) -> bool {
        hold.to.is_none_or(|to| to > self.start)
    }

    fn at(&self, moment: UnixMillis) -> f64 {
        let millis = moment.0.clamp(self.start.0, self.start.0 + self.millis) - self.start.0;
        millis as f64 * 100.0 / self.millis as f64
    }

    /// Where now is.
    pub(super) fn now(&self) -> String {
        percent(self.at(self.now))
    }

    /// Where ticks stand, their moments, and whether they stand at the edge.
    pub(super) fn ticks(&self) -> Vec<(String, UnixMillis, bool)> {
        let first = self.start.0 + (-self.start.0).rem_euclid(TICK_MILLIS);
        let ticks = (0..).map(|count| UnixMillis(first + count * TICK_MILLIS));
        let ticks = ticks.take_while(|at| at.0 + NEAR_MILLIS <= self.now.0);
        ticks.map(|at| (percent(self.at(at)), at, self.at(at) < NEAR_EDGE)).collect()
    }

    /// What is left of a lease that ends then: where it begins, and how wide it is.
    pub(super) fn left(&self, end: UnixMillis) -> (String, String) {
        let now = self.at(self.now);
        (percent(now), percent((self.at(end) - now).max(0.0)))
    }

    /// The bar of a hold of a task of that key.
    pub(super) fn bar(&self, hold: &Hold, key: &str) -> LaneBar {
        let from = self.at(hold.from.unwrap_or(self.start));
        let to = self.at(hold.to.unwrap_or(self.now));
        let width = (to - from).max(LEAST_WIDTH);
        let characters = key.chars().count() as f64;
        let label = if width >= 2.4 * characters + 6.0 {
            Some("t-big")
        } else {
            (width >= 0.7 * characters + 2.4).then_some("t-small")
        };
        let (class, shape) = match hold.mark {
            StateMark::Work => ("b-work", None),
            StateMark::Done => ("b-done", Some("M-11 15l3 3 6-7")),
            StateMark::Blocked => ("b-stop", Some("M-7 10v6m0 3v.01")),
            StateMark::Lost => ("b-stop", Some("M-11 11l7 7m0-7l-7 7")),
            StateMark::Parked => ("b-stop", Some("M-10 10v9m4-9v9")),
            _ => ("b-rest", Some("M-3 15h-8m3-3l-3 3 3 3")),
        };
        LaneBar {
            x: percent(from),
            width: percent(width),
            end_x: percent(from + width),
            class,
            colour: if class == "b-rest" { "rest" } else { hold.mark.colour() },
            shape,
            label,
        }
    }
}

fn percent(number: f64) -> String {
    format!("{number:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HistoryEntry;

    fn history(actions: &[(HistoryAction, &str, i64)]) -> Vec<StoredHistory> {
        let entry = |(action, task, minute): &(HistoryAction, &str, i64)| HistoryEntry {
            generation: Some(1),
            ..HistoryEntry::of_task(task, *action, "key", UnixMillis(minute * MINUTE))
        };
        actions.iter().rev().map(|told| StoredHistory { sequence: 0, entry: entry(told) }).collect()
    }

    fn told(holds: &[Hold]) -> Vec<(&str, Option<i64>, Option<i64>, StateMark)> {
        let minute = |at: UnixMillis| at.0 / MINUTE;
        holds
            .iter()
            .map(|hold| (&*hold.task_id, hold.from.map(minute), hold.to.map(minute), hold.mark))
            .collect()
    }

    #[test]
    fn each_hold_is_one_bar_however_often_its_end_is_told() {
        use HistoryAction::{
            Blocked, Completed, EndedByPerson, Granted, LeaseEnded, Parked, Progress, Resumed,
        };
        let history = history(&[
            (Completed, "cut", 1),
            (Granted, "a", 2),
            (Progress, "a", 3),
            (LeaseEnded, "a", 12),
            (Resumed, "a", 15),
            (LeaseEnded, "a", 25),
            (Parked, "a", 26),
            (Granted, "b", 30),
            (Blocked, "b", 40),
            (EndedByPerson, "b", 50),
            (Granted, "c", 60),
        ]);
        let expected = [
            ("cut", None, Some(1), StateMark::Done),
            ("a", Some(2), Some(12), StateMark::Lost),
            ("a", Some(15), Some(25), StateMark::Parked),
            ("b", Some(30), Some(40), StateMark::Blocked),
            ("c", Some(60), None, StateMark::Work),
        ];
        assert_eq!(told(&holds(&history, Some(("c", UnixMillis(0))))), expected);
        assert_eq!(told(&holds(&history, None)), expected[..4], "a lease whose end nobody told of yet");
        assert_eq!(
            told(&holds(&[], Some(("d", UnixMillis(MINUTE))))),
            [("d", Some(1), None, StateMark::Work)]
        );
    }

    #[test]
    fn bars_stand_within_three_hours_and_ticks_on_half_hours() {
        let now = UnixMillis(1_000 * 60 * MINUTE + 5 * MINUTE);
        let scale = LaneScale::new(now, now.plus(7 * MINUTE));
        let ticks = scale.ticks();
        assert_eq!(ticks.len(), 5, "none stands beside now");
        assert!(ticks.iter().all(|(_, at, _)| at.0 % TICK_MILLIS == 0));
        assert_eq!(scale.now(), "94.74%");
        assert_eq!(scale.left(now.plus(7 * MINUTE)), (String::from("94.74%"), String::from("3.68%")));
        assert_eq!(scale.left(now.plus(100 * MINUTE)).1, "5.26%", "a long lease ends at the edge");
        let hold = |from: i64, to: Option<i64>, mark| Hold {
            task_id: String::new(),
            from: Some(now.plus(-from * MINUTE)),
            to: to.map(|to| now.plus(-to * MINUTE)),
            mark,
        };
        let bar = scale.bar(&hold(500, Some(100), StateMark::Done), "T-1");
        assert_eq!((&*bar.x, &*bar.width, bar.label), ("0.00%", "42.11%", Some("t-big")));
        let short = scale.bar(&hold(1, None, StateMark::Work), "T-1");
        assert_eq!((&*short.width, short.label, short.shape), ("0.60%", None, None));
        assert!(!scale.shows(&hold(500, Some(181), StateMark::Done)));
        assert!(scale.shows(&hold(500, None, StateMark::Work)));
    }
}
