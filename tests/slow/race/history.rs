//! What the agents did and saw, one JSON object a line.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// One call, from the caller's side. Times are milliseconds since the epoch, on the one machine's clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub sent: i64,
    pub answered: i64,
    pub agent: String,
    /// `claim`, `progress`, `heartbeat`, `complete` or `release`.
    pub what: String,
    pub task: String,
    pub generation: i64,
    /// `ok`, `refused`, or `unknown` when no answer came.
    pub outcome: String,
    /// Whether the agent held the task before it asked.
    pub already: bool,
}

#[derive(Clone)]
pub struct History(Arc<Mutex<BufWriter<File>>>);

impl History {
    pub fn create(path: &Path) -> Self {
        Self(Arc::new(Mutex::new(BufWriter::new(File::create(path).unwrap()))))
    }

    pub fn write(&self, line: &Line) {
        let mut file = self.0.lock().unwrap();
        serde_json::to_writer(&mut *file, line).unwrap();
        file.write_all(b"\n").unwrap();
    }

    pub fn close(&self) {
        self.0.lock().unwrap().flush().unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "the callers' own clock")]
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}
