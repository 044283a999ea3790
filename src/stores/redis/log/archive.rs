//! Where the audit log begins, once a part of it was archived.

use serde::{Deserialize, Serialize};

use crate::{
    model::{Workspace, hex, unhex},
    secrets::{Checkpoint, LogDigest},
    stores::{
        StoreError,
        redis::{
            RedisStore,
            row::{json, to_json, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(BEGIN_AFTER, "log/begin_after"; " flags=allow-oom");

/// Facts of a workspace, and the one this is about.
const FACTS: &str = "facts";
const START: &str = "audit_start";

/// A checkpoint, as it is kept.
#[derive(Serialize, Deserialize)]
struct StartRow {
    sequence: i64,
    link: String,
    digest: String,
    seal: String,
}

/// After which checkpoint the log begins.
pub(super) async fn start(
    store: &RedisStore,
    workspace: &Workspace,
) -> Result<Option<Checkpoint>, StoreError> {
    let mut asked = redis::cmd("HGET");
    asked.arg(store.name(workspace, FACTS)).arg(START);
    let row: Option<String> = store.link.send(&asked).await?;
    let Some(row) = row else { return Ok(None) };
    let row: StartRow = json(&row, "checkpoint")?;
    let bytes = |text: &str| unhex(text).ok_or_else(|| unreadable("checkpoint"));
    Ok(Some(Checkpoint {
        sequence: row.sequence,
        link: bytes(&row.link)?,
        digest: LogDigest(bytes(&row.digest)?),
        seal: bytes(&row.seal)?,
    }))
}

/// Drops what is before the checkpoint and begins after it; says whether the log held it.
pub(super) async fn begin_after(
    store: &RedisStore,
    workspace: &Workspace,
    checkpoint: &Checkpoint,
) -> Result<bool, StoreError> {
    let row = StartRow {
        sequence: checkpoint.sequence,
        link: hex(&checkpoint.link),
        digest: hex(&checkpoint.digest.0),
        seal: hex(&checkpoint.seal),
    };
    let arguments = ScriptArguments::default()
        .number(checkpoint.sequence)
        .bytes(checkpoint.link.as_slice())
        .bytes(to_json(&row));
    let (begun,): (bool,) = store.run(workspace, &BEGIN_AFTER, arguments).await?;
    Ok(begun)
}
