//! `taskgate audit verify`: follows the chain of the audit log from its first link to the head that is kept apart.

use std::io::{Write, stdout};

use super::outcome::Outcome;
use crate::{
    app::{Foundation, read_audit_head},
    config::Settings,
    shutdown::Lifecycle,
    stores::{AuditLog, ChainCheck},
};

/// Records read at once.
const BATCH: u32 = 1_000;

/// Fails at the first record that is not what was written.
pub(super) async fn verify(settings: Settings) -> Outcome {
    let folder = &settings.storage.data_dir;
    if !folder.join("taskgate.db").exists() {
        return Err(format!("there is no taskgate.db in {}: set TASKGATE_DATA_DIR", folder.display()).into());
    }
    // Read before the log: a running gateway goes on writing both.
    let head = read_audit_head(&settings.storage.data_dir)?;
    let foundation = Foundation::open(&settings, Lifecycle::default()).await?;
    let keys = std::iter::once(foundation.secret.audit_key()).chain(foundation.secret.old_audit_key());
    let mut check = ChainCheck::new(keys.collect(), head);
    let mut last = i64::MIN;
    loop {
        let entries = foundation.store.audit_after(last, BATCH).await?;
        let Some(newest) = entries.last() else { break };
        last = newest.sequence;
        for entry in &entries {
            check.follow(entry).map_err(|fault| format!("record {}: {fault}", entry.sequence))?;
        }
    }
    let count = check.end()?;
    writeln!(stdout(), "{count} records, each as it was written, none missing up to the head")?;
    Ok(())
}
