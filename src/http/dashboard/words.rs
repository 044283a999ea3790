//! The words of the pages: what a state is called, and how many of a thing there are.

use crate::{
    coordinator::Reason,
    model::{HistoryAction, TaskStatus},
};

/// A state of a thing as a page marks it: a colour, a shape and a word, always all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateMark {
    /// An agent works on it.
    Work,
    /// A person works on it.
    Person,
    /// It is done, or as it has to be.
    Done,
    /// It is free for the next agent.
    Ready,
    /// It waits for others.
    Waiting,
    /// It waits for itself.
    Circle,
    /// An agent said that it cannot go on.
    Blocked,
    /// It was lost too often and waits for a person.
    Parked,
    /// It was lost.
    Lost,
    /// It ends soon, or needs a look.
    Ending,
    /// A person took it away.
    Taken,
    /// It is not to be done now.
    Backlog,
    /// It is not to be done.
    Cancelled,
}

impl StateMark {
    /// The mark of a task of that status that is offered or not for that reason.
    pub const fn of_reason(reason: &Reason, status: TaskStatus) -> Self {
        match reason {
            Reason::Ready { .. } => Self::Ready,
            Reason::Waits { .. } | Reason::Untold => Self::Waiting,
            Reason::Circle { .. } => Self::Circle,
            Reason::Person { .. } => Self::Person,
            Reason::Held { .. } => Self::Work,
            Reason::Blocked { .. } => Self::Blocked,
            Reason::Parked { .. } => Self::Parked,
            Reason::Backlog => Self::Backlog,
            Reason::Closed if matches!(status, TaskStatus::Done) => Self::Done,
            Reason::Closed => Self::Cancelled,
        }
    }

    /// The mark of such a thing that happened.
    pub const fn of_action(action: HistoryAction) -> Self {
        match action {
            HistoryAction::Granted
            | HistoryAction::Progress
            | HistoryAction::Resumed
            | HistoryAction::Recovered => Self::Work,
            HistoryAction::Completed => Self::Done,
            HistoryAction::Blocked => Self::Blocked,
            HistoryAction::Released | HistoryAction::EndedByPerson => Self::Taken,
            HistoryAction::LeaseEnded | HistoryAction::Refused => Self::Lost,
            HistoryAction::Parked => Self::Parked,
            HistoryAction::Created => Self::Ready,
            HistoryAction::Moved
            | HistoryAction::Assigned
            | HistoryAction::Unassigned
            | HistoryAction::Depends => Self::Person,
            HistoryAction::Deleted => Self::Cancelled,
        }
    }

    /// The class of its colour in the sheet.
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Work | Self::Person => "work",
            Self::Done => "done",
            Self::Blocked | Self::Parked | Self::Lost | Self::Circle => "stop",
            Self::Ending => "risk",
            Self::Ready | Self::Waiting | Self::Taken | Self::Backlog | Self::Cancelled => "rest",
        }
    }

    /// The name of its shape in the sprite.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Person => "person",
            Self::Done => "done",
            Self::Ready => "ready",
            Self::Waiting | Self::Backlog => "wait",
            Self::Circle => "loop",
            Self::Blocked => "stop",
            Self::Parked => "park",
            Self::Lost | Self::Cancelled => "lost",
            Self::Ending => "risk",
            Self::Taken => "give",
        }
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Work => "at work",
            Self::Person => "with a person",
            Self::Done => "done",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
            Self::Circle => "in a circle",
            Self::Blocked => "blocked",
            Self::Parked => "parked",
            Self::Lost => "lost",
            Self::Ending => "ends soon",
            Self::Taken => "taken by a person",
            Self::Backlog => "backlog",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A count with its noun: `1 task`, `2 tasks`, `no tasks`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(count as u64)),
    }
}

/// A whole number with its thousands apart: `3,214`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A status as the board's columns are called.
pub const fn status_word(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Backlog => "Backlog",
        TaskStatus::Todo => "To do",
        TaskStatus::InProgress => "In progress",
        TaskStatus::Blocked => "Blocked",
        TaskStatus::Done => "Done",
        TaskStatus::Cancelled => "Cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_with_their_noun_and_their_thousands_apart() {
        assert_eq!(counted(0, "task", "tasks"), "no tasks");
        assert_eq!(counted(1, "task", "tasks"), "1 task");
        assert_eq!(counted(3214, "task", "tasks"), "3,214 tasks");
        assert_eq!([999, 1_000, 1_234_567].map(grouped), ["999", "1,000", "1,234,567"]);
    }
}
