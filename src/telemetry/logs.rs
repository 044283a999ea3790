//! Log set-up. Lines go to standard error (standard output belongs to the stdio transport and to what people
//! asked to be printed), written by a thread of its own so that no call waits for a terminal.

use std::io::IsTerminal;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, fmt,
    fmt::format::{DefaultFields, Format},
    prelude::*,
};

use super::{
    line::{JsonLines, TextFields},
    panics::log_panics,
};
use crate::config::{LogFormat, TelemetrySettings};

/// Lines that wait to be written; more are left out. Room for all of them is taken at the start.
const MOST_WAITING: usize = 8 * 1024;

/// Keeps the log thread; dropping it writes what is left.
#[must_use]
#[derive(Debug)]
pub struct LogGuard(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Starts logging as the settings say. A bad filter falls back to `info`.
pub fn init_logs(settings: &TelemetrySettings) -> LogGuard {
    let terminal = std::io::stderr().is_terminal();
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(MOST_WAITING).finish(std::io::stderr());
    let filter = EnvFilter::try_new(&settings.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = if settings.format(terminal) == LogFormat::Json {
        log_panics();
        let form = Format::default().json().flatten_event(true).with_current_span(false);
        fmt::layer().json().event_format(JsonLines(form)).with_writer(writer).boxed()
    } else {
        let fields = TextFields(DefaultFields::new());
        fmt::layer().fmt_fields(fields).with_target(false).with_ansi(terminal).with_writer(writer).boxed()
    };
    // A second call in one process (tests) keeps the first set-up.
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
    LogGuard(guard)
}
