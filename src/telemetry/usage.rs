//! Counts calls by key, tool and hour in memory; what was counted is stored every few seconds.

use std::sync::Arc;

use dashmap::DashMap;

use super::Observer;
use crate::{
    clock::Clock,
    model::{CallRecord, Durations, Principal, UsageRow},
};

/// Keys counted between two stores; what is beyond is not counted, so that memory stays bounded.
const MOST_KEYS: usize = 10_000;
/// Tools and methods of one key.
const MOST_TOOLS: usize = 64;

/// Counts calls.
pub struct UsageMeter {
    /// By key: a row for each tool. There are few, so that they are looked through.
    counts: DashMap<Arc<str>, Vec<UsageRow>>,
    clock: Arc<dyn Clock>,
}

impl UsageMeter {
    /// A meter that has counted nothing.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { counts: DashMap::new(), clock }
    }

    /// Counts a call that a limit refused.
    pub fn limited(&self, principal: &Principal) {
        self.count(principal, "", |row| row.limited += 1);
    }

    /// What was counted since this was last asked.
    pub fn take(&self) -> Vec<UsageRow> {
        let keys: Vec<_> = self.counts.iter().map(|entry| Arc::clone(entry.key())).collect();
        keys.iter().filter_map(|key| self.counts.remove(key)).flat_map(|(_, rows)| rows).collect()
    }

    /// What was taken and could not be stored. As many rows are kept as may be counted anew.
    pub fn give_back(&self, rows: Vec<UsageRow>) {
        for row in rows {
            let key: Arc<str> = row.key_id.as_str().into();
            if self.counts.len() >= MOST_KEYS && !self.counts.contains_key(&key) {
                continue;
            }
            let mut known = self.counts.entry(key).or_default();
            let is_room = known.len() < MOST_TOOLS;
            let same = known.iter_mut().find(|known| known.tool == row.tool && known.hour == row.hour);
            match same {
                Some(same) => same.add(&row),
                None if is_room => known.push(row),
                None => {}
            }
        }
    }

    fn count(&self, principal: &Principal, tool: &str, count: impl FnOnce(&mut UsageRow)) {
        let rows = self.counts.get_mut(&principal.key_id);
        let mut rows = match rows {
            Some(rows) => rows,
            None if self.counts.len() >= MOST_KEYS => return,
            None => self.counts.entry(Arc::clone(&principal.key_id)).or_default(),
        };
        let hour = self.clock.now().hour();
        if let Some(row) = rows.iter_mut().find(|row| row.tool == tool && row.hour == hour) {
            return count(row);
        }
        if rows.len() < MOST_TOOLS {
            let mut row = self.new_row(principal, tool);
            count(&mut row);
            rows.push(row);
        }
    }

    fn new_row(&self, principal: &Principal, tool: &str) -> UsageRow {
        UsageRow {
            workspace: principal.workspace.clone(),
            hour: self.clock.now().hour(),
            key_id: principal.key_id.to_string(),
            user_id: principal.user_id.to_string(),
            tool: tool.to_owned(),
            calls: 0,
            errors: 0,
            limited: 0,
            durations: Durations::default(),
        }
    }
}

impl Observer for UsageMeter {
    fn observe(&self, call: &CallRecord<'_>) {
        let tool = if call.name.is_empty() { call.method } else { call.name };
        self.count(call.principal, tool, |row| {
            row.calls += 1;
            row.errors += u64::from(call.failure.is_some());
            row.durations.add(call.duration);
        });
    }
}
