//! The built-in board.

use crate::config::SettingsReader;

/// `TASKGATE_SAMPLE_BOARD`.
#[derive(Clone, Copy, Debug)]
pub struct LocalBoardSettings {
    /// Whether a brand-new board is filled with the sample.
    pub sample: bool,
}

impl LocalBoardSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        Self { sample: reader.flag("TASKGATE_SAMPLE_BOARD") }
    }
}
