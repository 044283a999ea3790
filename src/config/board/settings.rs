//! Settings of every board: who keeps it, and how long agents hold a task.

use super::{
    github::GithubBoardSettings, linear::LinearBoardSettings, local::LocalBoardSettings,
    planka::PlankaBoardSettings, statuses::StatusNames,
};
use crate::config::SettingsReader;

/// Who keeps the board, with what that kind of board asks for.
#[derive(Clone, Debug)]
pub enum BoardProvider {
    /// taskgate itself.
    Local(LocalBoardSettings),
    /// GitHub: issues of a repository.
    Github(GithubBoardSettings),
    /// Linear: issues of a team.
    Linear(LinearBoardSettings),
    /// Planka: cards of one of its boards.
    Planka(PlankaBoardSettings),
}

/// `KANBAN_PROVIDER`, `TASKGATE_BOARD_STATUSES`, `TASKGATE_LEASE_SECONDS`, `TASKGATE_BOARD_REFRESH_SECONDS`.
#[derive(Clone, Debug)]
pub struct BoardSettings {
    /// Who keeps the board.
    pub provider: BoardProvider,
    /// Why that is so, for the start's line about it.
    pub why: &'static str,
    /// What the board's own states are called.
    pub statuses: StatusNames,
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
        let (provider, why) = provider(reader);
        let statuses = StatusNames::read(reader);
        Self {
            provider,
            why,
            statuses,
            lease_millis: i64::from(reader.number("TASKGATE_LEASE_SECONDS", &(1..=86_400))) * 1000,
            refresh_millis: i64::from(reader.number("TASKGATE_BOARD_REFRESH_SECONDS", &(1..=3600))) * 1000,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Local,
    Github,
    Linear,
    Planka,
}

fn provider(reader: &mut SettingsReader) -> (BoardProvider, &'static str) {
    let kinds = [
        ("local", Kind::Local),
        ("github", Kind::Github),
        ("linear", Kind::Linear),
        ("planka", Kind::Planka),
    ];
    let chosen = reader.choice("KANBAN_PROVIDER", &kinds);
    let (kind, why) = match chosen {
        Some(kind) => (kind, "KANBAN_PROVIDER says so"),
        None if reader.is_given("KANBAN_PROVIDER") => (Kind::Local, "KANBAN_PROVIDER names no board"),
        None if GithubBoardSettings::is_complete(reader) => {
            (Kind::Github, "its credential, GITHUB_OWNER and GITHUB_REPO are set")
        }
        None => (Kind::Local, "no other board is set"),
    };
    let local = LocalBoardSettings::read(reader);
    if kind != Kind::Github {
        GithubBoardSettings::is_unused(reader);
    }
    if kind != Kind::Linear {
        LinearBoardSettings::is_unused(reader);
    }
    if kind != Kind::Planka {
        PlankaBoardSettings::is_unused(reader);
    }
    let provider = match kind {
        Kind::Local => {
            LocalBoardSettings::must_last(reader);
            BoardProvider::Local(local)
        }
        // With a fault nothing starts.
        Kind::Github => {
            GithubBoardSettings::read(reader).map_or(BoardProvider::Local(local), BoardProvider::Github)
        }
        Kind::Linear => {
            LinearBoardSettings::read(reader).map_or(BoardProvider::Local(local), BoardProvider::Linear)
        }
        Kind::Planka => {
            PlankaBoardSettings::read(reader).map_or(BoardProvider::Local(local), BoardProvider::Planka)
        }
    };
    (provider, why)
}
