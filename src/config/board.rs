//! Which board the agents work, and how long they hold a task.

use super::Reader;

/// `KANBAN_PROVIDER`, `TASKGATE_SAMPLE_BOARD`, `TASKGATE_LEASE_SECONDS`, `TASKGATE_BOARD_REFRESH_SECONDS`.
#[derive(Clone, Copy, Debug)]
pub struct BoardSettings {
    /// Whether a brand-new local board is filled with the sample.
    pub sample: bool,
    /// How long an agent holds a task without a word, in milliseconds.
    pub lease_millis: i64,
    /// How often the whole board is read, in milliseconds.
    pub refresh_millis: i64,
}

impl BoardSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.choice("KANBAN_PROVIDER", (), &[("local", ())]);
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"] {
            if reader.text(name).is_some() {
                reader.warn(name, "is set but not used");
            }
        }
        Self {
            sample: reader.flag("TASKGATE_SAMPLE_BOARD", true),
            lease_millis: i64::from(reader.number("TASKGATE_LEASE_SECONDS", 600, &(1..=86_400))) * 1000,
            refresh_millis: i64::from(reader.number("TASKGATE_BOARD_REFRESH_SECONDS", 30, &(1..=3600)))
                * 1000,
        }
    }
}
