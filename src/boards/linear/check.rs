//! The board as whoever runs the gateway is told of it: what was found, how it is read, and what will not work. Everything is
//! read, nothing is written.

use super::{board::LinearBoard, book::LinearBook, client::LinearError, frame::status_of_state};
use crate::{
    boards::{BoardError, BoardReport, elsewhere::labels::status_label},
    model::{TaskStatus, visible},
};

impl LinearBoard {
    /// Reads everything and says what was found.
    pub(super) async fn report(&self) -> Result<BoardReport, BoardError> {
        self.read_whole().await?;
        let mut report = self.with_book(|book| found(book));
        if let Some(message) = self.api.lacks_write().await.map_err(LinearError::of_board)? {
            report.problems.push(format!(
                "the credential may not write ({message}): make a key with Write, or one without restrictions"
            ));
        }
        Ok(report)
    }
}

fn found(book: &LinearBook) -> BoardReport {
    let tasks: Vec<_> = book.issues().map(|issue| book.compose(issue).status).collect();
    let count = |status: &TaskStatus| tasks.iter().filter(|known| *known == status).count();
    let mut report = BoardReport {
        counts: TaskStatus::ALL.iter().map(|status| (*status, count(status))).collect(),
        ..BoardReport::default()
    };
    let Some(frame) = &book.frame else { return report };
    let state = |(name, kind): (&str, &str)| (visible(name), Some(status_of_state(&book.names, name, kind)));
    report.states = frame.states.iter().map(|known| state((&known.name, &known.kind))).collect();
    report.notes.push(format!(
        "the credential acts as {} in the workspace {} ({})",
        frame.viewer, frame.organization_name, frame.url_key
    ));
    report.notes.push(match &frame.project {
        Some(project) => {
            format!("tasks are the issues of project {}, {}", visible(&project.name), project.url)
        }
        None => format!("tasks are the issues of team {} ({})", frame.team_name, frame.team_key),
    });
    match frame.blocked_label(&book.names) {
        Some(label) => report.states.push((format!("label {}", label.name), Some(TaskStatus::Blocked))),
        None if frame.state_for(&book.names, TaskStatus::Blocked).is_none() => report.notes.push(format!(
            "no state is read as blocked: the label `{}` says it, and is made when it is first needed",
            status_label(&book.names, &[], TaskStatus::Blocked)
        )),
        None => {}
    }
    if frame.is_closed {
        report.problems.push(format!("team {} is archived, and takes no writes", frame.team_key));
    }
    if frame.project.as_ref().is_some_and(|p| p.archived_at.is_some() || p.trashed == Some(true)) {
        report.problems.push(String::from("the project is archived: restore it, or name another one"));
    }
    for status in TaskStatus::ALL {
        if status != TaskStatus::Blocked && frame.state_for(&book.names, status).is_none() {
            report.problems.push(format!(
                "team {} has no state that is read as {status}: add one, or name one by TASKGATE_BOARD_STATUSES",
                frame.team_key
            ));
        }
    }
    report
}
