//! The built-in board.

use crate::config::{SettingsReader, names::CLOUD_RUN};

/// `TASKGATE_SAMPLE_BOARD`, `TASKGATE_EPHEMERAL_BOARD`.
#[derive(Clone, Copy, Debug)]
pub struct LocalBoardSettings {
    /// Whether a brand-new board is filled with the sample.
    pub sample: bool,
}

impl LocalBoardSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        Self { sample: reader.flag("TASKGATE_SAMPLE_BOARD") }
    }

    /// Refuses a board that would be lost without anybody having said that it may be.
    pub(super) fn must_last(reader: &mut SettingsReader) {
        let lasts = reader.flag("TASKGATE_EPHEMERAL_BOARD") || reader.is_named("REDIS_URL");
        if !lasts && reader.is_given(CLOUD_RUN) {
            reader.fault(
                "KANBAN_PROVIDER",
                "the built-in board is gone with each instance of Cloud Run (K_SERVICE is set): keep the board elsewhere, set REDIS_URL, run \
                 taskgate where a disk lasts, or try it all the same with TASKGATE_EPHEMERAL_BOARD=true",
            );
        }
    }
}
