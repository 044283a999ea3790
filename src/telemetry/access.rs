//! One line a call, formatted by hand and written by a thread of its own: at 50,000 calls a second a log event of the
//! usual kind costs as much as the call.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use super::Observer;
use crate::{
    clock::Clock,
    config::LogFormat,
    model::{CallRecord, Causes, Code, UnixMillis},
};

/// The filter target of the access log, as in `RUST_LOG=taskgate::access=off`.
const TARGET: &str = "taskgate::access";
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(20);
/// Bytes that may wait; what does not fit is counted and dropped, never waited for.
const MAX_WAITING: usize = 8 * 1024 * 1024;

/// Writes one line a call to standard error. Never arguments, results or more of a key than its first 8 characters.
pub struct AccessLog {
    waiting: Option<Arc<WaitingLines>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct WaitingLines {
    lines: Mutex<Lines>,
    some: Condvar,
}

#[derive(Default)]
struct Lines {
    text: String,
    dropped: u64,
    /// The second that `moment` spells out, and its text up to the second.
    second: i64,
    moment: String,
}

impl AccessLog {
    /// A log that writes if the log filter lets `info` lines of its target through; as usual log events for people.
    pub fn new(clock: Arc<dyn Clock>, format: LogFormat) -> Self {
        let wanted = tracing::enabled!(target: TARGET, tracing::Level::INFO) && format == LogFormat::Json;
        let waiting = wanted.then(Arc::<WaitingLines>::default);
        if let Some(waiting) = waiting.clone() {
            let writer = std::thread::Builder::new().name(String::from("access-log"));
            if let Err(error) = writer.spawn(move || write_all(&waiting)) {
                tracing::error!(error = %Causes(&error), "the access log has no thread");
            }
        }
        Self { waiting, clock }
    }
}

impl Observer for AccessLog {
    fn observe(&self, call: &CallRecord<'_>) {
        let Some(waiting) = &self.waiting else { return for_people(call) };
        let mut lines = waiting.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.text.len() > MAX_WAITING {
            lines.dropped += 1;
            return;
        }
        let was_empty = lines.text.is_empty();
        lines.append(self.clock.now(), call);
        drop(lines);
        if was_empty {
            waiting.some.notify_one();
        }
    }
}

/// Somebody reads along: no load that counts.
fn for_people(call: &CallRecord<'_>) {
    tracing::info!(
        target: TARGET,
        request_id = call.request_id.as_str(),
        user = &*call.principal.user_id,
        key = &*call.principal.key_prefix,
        method = call.method,
        name = call.name,
        outcome = call.failure.map_or("ok", Code::as_str),
        duration_us = call.duration.as_micros() as u64,
        "call"
    );
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            waiting.flush();
        }
    }
}

impl Lines {
    fn append(&mut self, now: UnixMillis, call: &CallRecord<'_>) {
        if self.second != now.seconds() || self.moment.is_empty() {
            self.second = now.seconds();
            self.moment = UnixMillis(self.second * 1000).rfc3339();
            self.moment.pop();
        }
        let text = &mut self.text;
        text.push_str(r#"{"timestamp":""#);
        text.push_str(&self.moment);
        let _ = write!(text, ".{:03}", now.0.rem_euclid(1000));
        text.push_str(r#"Z","level":"INFO","message":"call","request_id":""#);
        text.push_str(call.request_id.as_str());
        text.push_str(r#"","user":"#);
        append_json(text, &call.principal.user_id);
        // Ids, prefixes, methods and names are ours or checked: only the user id may hold anything.
        for (name, value) in [
            ("key", &*call.principal.key_prefix),
            ("transport", call.transport.as_str()),
            ("era", call.era.as_str()),
            ("method", call.method),
            ("name", call.name),
            ("outcome", call.failure.map_or("ok", Code::as_str)),
        ] {
            for part in [",\"", name, "\":\"", value, "\""] {
                text.push_str(part);
            }
        }
        let _ = writeln!(text, r#","duration_us":{},"target":"{TARGET}"}}"#, call.duration.as_micros());
    }
}

fn append_json(text: &mut String, value: &str) {
    if value.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\') {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push_str(&serde_json::Value::from(value).to_string());
    }
}

impl WaitingLines {
    fn flush(&self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let text = std::mem::take(&mut lines.text);
        let dropped = std::mem::take(&mut lines.dropped);
        drop(lines);
        if dropped > 0 {
            tracing::warn!(dropped, "the access log was too slow: lines were dropped");
        }
        // Nothing can be done about a standard error that is closed.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn write_all(waiting: &Arc<WaitingLines>) {
    loop {
        let lines = waiting.lines.lock().unwrap_or_else(PoisonError::into_inner);
        drop(waiting.some.wait_while(lines, |lines| lines.text.is_empty()));
        std::thread::sleep(GATHER);
        waiting.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        auth::local_principal,
        model::{Era, RequestId, Transport},
    };

    #[test]
    fn a_line_is_json_whatever_the_user_is_called() {
        let mut principal = local_principal();
        principal.user_id = "a\"b\\c\n\u{e9}".into();
        let request_id = RequestId::accept(Some(b"r-1"), UnixMillis(0));
        let call = CallRecord {
            request_id: &request_id,
            principal: &principal,
            transport: Transport::Stdio,
            era: Era::Sessions,
            method: "tools/call",
            name: "ping",
            failure: Some(Code::Cancelled),
            duration: Duration::from_micros(7),
        };
        let mut lines = Lines::default();
        lines.append(UnixMillis(1_700_000_000_007), &call);
        let line: serde_json::Value = serde_json::from_str(&lines.text).unwrap();
        assert_eq!(line["timestamp"], "2023-11-14T22:13:20.007Z");
        assert_eq!(
            (line["user"].as_str(), line["outcome"].as_str()),
            (Some("a\"b\\c\n\u{e9}"), Some("cancelled"))
        );
    }
}
