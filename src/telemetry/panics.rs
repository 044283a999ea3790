//! Panics as log lines: one of JSON, with the call or the job in which it came, where Rust writes several of text.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
};

/// Has every panic logged from now on. One that the filter of the log leaves out is told as Rust tells it.
pub(super) fn log_panics() {
    let told_by_rust = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if tracing::enabled!(tracing::Level::ERROR) { log(panic) } else { told_by_rust(panic) }
    }));
}

fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let text = panic.payload().downcast_ref::<&str>().copied();
    let said = text.or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str));
    // As RUST_BACKTRACE has it.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, said, backtrace, "a panic, which is a fault of the gateway");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing_subscriber::{fmt as lines, fmt::format::Format, prelude::*};

    use super::*;
    use crate::{
        log_context::within,
        telemetry::line::{
            JsonLines,
            tests::{Call, Written},
        },
    };

    #[tokio::test]
    async fn a_panic_is_a_line_of_json_with_its_call() {
        let written = Written::default();
        let writer = written.clone();
        let form = JsonLines(Format::default().json().flatten_event(true));
        let layer = lines::layer().json().event_format(form).with_writer(move || writer.clone());
        let _default = tracing_subscriber::registry().with(layer).set_default();
        log_panics();
        let task = within(Arc::new(Call), async {
            assert!(panic::catch_unwind(|| panic!("a \"fault\"\nof {}", "two lines")).is_err());
        });
        task.await;
        let line: serde_json::Value = serde_json::from_str(&written.text()).expect("one line of JSON");
        assert_eq!((&line["level"], &line["request_id"]), (&"ERROR".into(), &"r-1".into()));
        assert_eq!(line["said"], "a \"fault\"\nof two lines");
        assert!(line["place"].as_str().is_some_and(|place| place.contains("panics.rs:")), "{line}");
    }
}
