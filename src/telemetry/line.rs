//! The form of a log line: as `tracing_subscriber` has it, with the call or the job it belongs to.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{DefaultFields, Format, Json, Writer},
    },
    registry::LookupSpan,
};

use crate::log_context;

/// The field by which a line names its call itself.
const REQUEST_ID: &str = "request_id";

/// Lines of JSON.
pub(super) struct JsonLines(pub(super) Format<Json>);

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if event.metadata().fields().field(REQUEST_ID).is_some() {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let end = line.rfind('}').ok_or(fmt::Error)?;
        writer.write_str(&line[..end])?;
        let mut written = Ok(());
        log_context::fields(&mut |name, value| {
            // A member that comes twice is one that is lost.
            if event.metadata().fields().field(name).is_some() {
                return;
            }
            let value = serde_json::Value::from(value);
            written = written.and_then(|()| write!(writer, ",\"{name}\":{value}"));
        });
        written?;
        writer.write_str(&line[end..])
    }
}

/// Fields of lines for people.
pub(super) struct TextFields(pub(super) DefaultFields);

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut own = OwnNames(Vec::new());
        fields.record(&mut own);
        self.0.format_fields(writer.by_ref(), fields)?;
        if own.0.contains(&REQUEST_ID) {
            return Ok(());
        }
        let mut written = Ok(());
        log_context::fields(&mut |name, value| {
            if !own.0.contains(&name) {
                written = written.and_then(|()| write!(writer, " {name}={value:?}"));
            }
        });
        written
    }
}

/// The names of the fields that a line has itself.
struct OwnNames(Vec<&'static str>);

impl tracing::field::Visit for OwnNames {
    fn record_debug(&mut self, field: &tracing::field::Field, _: &dyn fmt::Debug) {
        self.0.push(field.name());
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::{fmt as lines, prelude::*};

    use super::*;
    use crate::log_context::{LogContext, within};

    pub struct Call;

    impl LogContext for Call {
        fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
            field(REQUEST_ID, "r-1");
            field("user", "a \"b\"\n");
        }
    }

    #[derive(Clone, Default)]
    pub struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// What three lines within a call and one without become.
        async fn lines(
            &self,
            layer: impl tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync,
        ) -> Vec<String> {
            let _default = tracing_subscriber::registry().with(layer).set_default();
            within(Arc::new(Call), async {
                tracing::warn!(code = 5, "it failed");
                tracing::info!(request_id = "r-2", "its own");
                tracing::info!(user = "another", "of somebody");
            })
            .await;
            tracing::info!("nobody's");
            self.text().lines().map(str::to_owned).collect()
        }
    }

    #[tokio::test]
    async fn a_line_of_json_names_its_call_once() {
        let written = Written::default();
        let writer = written.clone();
        let form = JsonLines(Format::default().json().flatten_event(true));
        let layer = lines::layer().json().event_format(form).with_writer(move || writer.clone());
        let lines = written.lines(layer).await;
        let lines: Vec<serde_json::Value> =
            lines.iter().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert_eq!(lines[0]["request_id"], "r-1");
        assert_eq!((&lines[0]["user"], &lines[0]["code"]), (&"a \"b\"\n".into(), &5.into()));
        assert_eq!(lines[1]["request_id"], "r-2");
        assert_eq!((&lines[2]["user"], &lines[2]["request_id"]), (&"another".into(), &"r-1".into()));
        assert!(lines[3].get("request_id").is_none());
        assert_eq!(lines.len(), 4);
    }

    #[tokio::test]
    async fn a_line_for_people_names_its_call_once() {
        let written = Written::default();
        let writer = written.clone();
        let layer = lines::layer()
            .with_ansi(false)
            .fmt_fields(TextFields(DefaultFields::new()))
            .with_writer(move || writer.clone());
        let lines = written.lines(layer).await;
        assert!(
            lines[0].ends_with("it failed code=5 request_id=\"r-1\" user=\"a \\\"b\\\"\\n\""),
            "{}",
            lines[0]
        );
        assert!(lines[1].ends_with("its own request_id=\"r-2\""), "{}", lines[1]);
        assert!(lines[2].ends_with("of somebody user=\"another\" request_id=\"r-1\""), "{}", lines[2]);
        assert!(lines[3].ends_with("nobody's"), "{}", lines[3]);
    }
}
