//! Settings of every board: who keeps it, and how long agents hold a task.

use super::local::LocalBoardSettings;
use crate::config::SettingsReader;

/// Who keeps the board, with what that kind of board asks for.
#[derive(Clone, Copy, Debug)]
pub enum BoardProvider {
    /// taskgate itself.
    Local(LocalBoardSettings),
}

/// `KANBAN_PROVIDER`, `TASKGATE_LEASE_SECONDS`, `TASKGATE_BOARD_REFRESH_SECONDS`.
#[derive(Clone, Copy, Debug)]
pub struct BoardSettings {
    /// Who keeps the board.
    pub provider: BoardProvider,
    /// How long an agent holds a task without a word, in milliseconds.
    pub lease_millis: i64,
    /// How often the board is asked what changed, in milliseconds.
    pub refresh_millis: i64,
}

impl BoardSettings {
    pub(in crate::config) fn read(reader: &mut SettingsReader) -> Self {
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"] {
            if reader.is_given(name) {
                reader.warn(name, "is set but not used");
            }
        }
        let local = BoardProvider::Local(LocalBoardSettings::read(reader));
        let provider = reader.choice("KANBAN_PROVIDER", &[("local", local)]).unwrap_or(local);
        match provider {
            BoardProvider::Local(_) => LocalBoardSettings::must_last(reader),
        }
        Self {
            provider,
            lease_millis: i64::from(reader.number("TASKGATE_LEASE_SECONDS", &(1..=86_400))) * 1000,
            refresh_millis: i64::from(reader.number("TASKGATE_BOARD_REFRESH_SECONDS", &(1..=3600))) * 1000,
        }
    }
}
