//! `taskgate config --check-board`: connects to the board that is configured, reads it, and says what it found. Nothing is written,
//! neither there nor to the data folder.

use std::io::{Write, stdout};

use crate::cli::command::CommandOutcome;
use crate::{
    app::{Services, must_be_there},
    boards::{BoardDescription, BoardError, BoardReport},
    config::{BoardProvider, Settings, StoreKind},
    coordinator::BoardFailure,
    model::{Causes, Workspace, visible},
    shutdown::Lifecycle,
};

/// Fails if the board cannot be read, or something of it will not work.
pub(in crate::cli) async fn run(mut settings: Settings) -> CommandOutcome {
    match settings.board.provider {
        BoardProvider::Local(_) => must_be_there(&settings)?,
        // All that is kept of it here is what this process knows.
        BoardProvider::Github(_) | BoardProvider::Linear(_) | BoardProvider::Planka(_) => {
            settings.storage.store = StoreKind::Memory;
        }
    }
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let board = services.boards.of(&Workspace::default());
    let found = board.check().await;
    let report = found.map_err(|error| {
        let may_pass = matches!(error, BoardError::RateLimited { .. } | BoardError::Unavailable { .. });
        let failure = BoardFailure::of(&*board, error, services.clock.now());
        let told = Causes(&failure).to_string();
        if may_pass { format!("{told}: try again later") } else { told }
    })?;
    // Some boards know their name once they were read.
    let about = board.describe();
    print(&about, settings.board.why, &report)?;
    match report.problems.len() {
        0 => Ok(()),
        1 => Err(format!("{} will not work as it is: see the problem above", about.place()).into()),
        many => {
            Err(format!("{} will not work as it is: see the {many} problems above", about.place()).into())
        }
    }
}

fn print(about: &BoardDescription, why: &str, report: &BoardReport) -> std::io::Result<()> {
    let mut out = stdout();
    writeln!(out, "{} (KANBAN_PROVIDER={}: {why})", about.place(), about.provider)?;
    if let Some(url) = &about.url {
        writeln!(out, "{url}")?;
    }
    if !report.states.is_empty() {
        writeln!(out, "\n{:24}  READ AS", "STATE")?;
    }
    for (state, status) in &report.states {
        let read_as =
            status.map_or("nothing: backlog (TASKGATE_BOARD_STATUSES can name it)", |status| status.as_str());
        writeln!(out, "{:24}  {read_as}", visible(state))?;
    }
    writeln!(out, "\n{:24}  TASKS", "STATUS")?;
    for (status, count) in &report.counts {
        writeln!(out, "{:24}  {count}", status.as_str())?;
    }
    if !report.notes.is_empty() || !report.problems.is_empty() {
        writeln!(out)?;
    }
    for note in &report.notes {
        writeln!(out, "{}", visible(note))?;
    }
    for problem in &report.problems {
        writeln!(out, "problem: {}", visible(problem))?;
    }
    Ok(())
}
