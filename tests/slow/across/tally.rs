//! What became of calls.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// Its answer came where it was to come.
    Answered = 0,
    /// The caller was told that it came to nothing, or may have.
    Refused = 1,
    /// Its connection or its stream ended.
    Cut = 2,
    /// Nothing was heard of it.
    Lost = 3,
    /// Its answer came again.
    Doubled = 4,
    /// An answer came that is another's.
    Crossed = 5,
}

/// How many calls ended how.
#[derive(Default)]
pub struct Tally {
    ends: [AtomicUsize; 6],
    /// What came to nothing though nobody had died.
    unexplained: Mutex<Vec<String>>,
}

impl Tally {
    pub fn add(&self, end: End) {
        self.ends[end as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self, end: End) -> usize {
        self.ends[end as usize].load(Ordering::Relaxed)
    }

    /// A call came to nothing; `has_reason`: one of its gateways had died.
    pub fn failed(&self, end: End, has_reason: bool, told: impl FnOnce() -> String) {
        self.add(end);
        if !has_reason {
            self.unexplained.lock().unwrap().push(told());
        }
    }

    pub fn unexplained(&self) -> Vec<String> {
        self.unexplained.lock().unwrap().clone()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |end| self.count(end);
        write!(out, "{} calls answered, ", of(End::Answered))?;
        write!(out, "{} refused and {} cut off, ", of(End::Refused), of(End::Cut))?;
        write!(out, "{} lost, {} doubled, {} crossed", of(End::Lost), of(End::Doubled), of(End::Crossed))
    }
}

/// A call with that token.
pub fn call(id: u64, token: &str) -> Value {
    let params = json!({"name": "ping", "arguments": {"echo": token}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

/// The id that is answered, and the token.
pub fn answer(message: &str) -> Option<(u64, String)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let said: Value = serde_json::from_str(message["result"]["content"][0]["text"].as_str()?).ok()?;
    Some((message["id"].as_u64()?, said["echo"].as_str()?.to_owned()))
}

pub fn initialize() -> Value {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}
