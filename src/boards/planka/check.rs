//! The board as whoever runs the gateway is told of it: what was found, how it is read, and what will not work. Everything is read,
//! nothing is written.

use super::{
    board::PlankaBoard, book::CardBook, error::PlankaError, frame::Frame, wire::PlankaUserJson,
    writing::lacks,
};
use crate::{
    boards::{BoardReport, elsewhere::labels::status_label},
    model::{TaskStatus, visible},
};

/// Statuses that a board must show for agents to be offered anything, and to finish it.
const NEEDED: [TaskStatus; 2] = [TaskStatus::Todo, TaskStatus::Done];

impl PlankaBoard {
    /// Reads everything and says what was found.
    pub(super) async fn report(&self) -> Result<BoardReport, PlankaError> {
        self.read_board().await?;
        let (version, me) = (self.api.0.version().await?.to_owned(), self.api.me().await?);
        let report = self.with_book(|book| book.frame.as_ref().map(|frame| found(book, frame, &me)));
        let mut report = report.unwrap_or_default();
        let name = me.username.as_deref().unwrap_or(&me.name);
        let who = format!("Planka {version}; the gateway is its user {}", visible(name));
        report.notes.insert(0, who);
        Ok(report)
    }
}

fn found(book: &CardBook, frame: &Frame, me: &PlankaUserJson) -> BoardReport {
    let tasks: Vec<_> = book.cards().map(|card| book.compose(frame, card).status).collect();
    let count = |status: &TaskStatus| tasks.iter().filter(|known| *known == status).count();
    let mut report = BoardReport {
        states: frame.lists.iter().map(|list| (list.name.clone(), list.status(&book.names))).collect(),
        counts: TaskStatus::ALL.iter().map(|status| (*status, count(status))).collect(),
        ..BoardReport::default()
    };
    if frame.lists.is_empty() {
        report.problems.push(
            "the board has no lists: make one for each status, or run `taskgate board init`".to_owned(),
        );
    } else {
        statuses_without_a_list(book, frame, &mut report);
    }
    report.notes.push(match &frame.priority_field {
        Some(_) => "the field Priority says a card's priority".to_owned(),
        None => "labels say a card's priority: there is no field Priority for all cards".to_owned(),
    });
    report.problems.extend(lacks_rights(frame, me));
    report
}

fn statuses_without_a_list(book: &CardBook, frame: &Frame, report: &mut BoardReport) {
    for status in TaskStatus::ALL.into_iter().filter(|status| frame.list_for(&book.names, *status).is_none())
    {
        if NEEDED.contains(&status) {
            report.problems.push(lacks(status));
        } else if status.is_closed() {
            report.notes.push(format!("no list is read as {status}: such a card goes to the list for done"));
        } else {
            let label = status_label(&book.names, &frame.label_names(), status);
            report.notes.push(format!("no list is read as {status}: the label `{label}` says it"));
        }
    }
}

/// Whether the gateway's user may surely not write.
fn lacks_rights(frame: &Frame, me: &PlankaUserJson) -> Option<String> {
    let is_admin = me.role.as_deref() == Some("admin");
    match frame.roles.get(&me.id).map(String::as_str) {
        Some("editor") => None,
        Some(role) => Some(format!("the gateway's user is {role} of the board, and may not write: make it editor")),
        None if is_admin => Some(
            "the gateway's user is no member of the board: an administrator reads it and may not write; add it as editor".to_owned(),
        ),
        None => Some("the gateway's user is no member of the board, and may not write: add it as editor".to_owned()),
    }
}
