//! Answers that are kept for whoever asks the same again.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

use super::super::{
    RedisStore,
    change::Change,
    row::{json, to_json, unreadable},
};
use crate::{
    model::{Replay, StoreMillis, Workspace},
    stores::StoreError,
};

pub(super) const REPLAYS: &str = "replays";
const UNTIL: &str = "replays:until";

/// An answer, as it is kept.
#[derive(Serialize, Deserialize)]
struct ReplayRow {
    asked: String,
    sealed: String,
    until: i64,
}

impl RedisStore {
    /// The row of that name, and what it says.
    pub(super) async fn stored_replay(
        &self,
        workspace: &Workspace,
        name: &str,
    ) -> Result<Option<(String, Replay)>, StoreError> {
        let replays = self.name(workspace, REPLAYS);
        let row: Option<String> = self.link.send(redis::cmd("HGET").arg(replays).arg(name)).await?;
        let Some(row) = row else { return Ok(None) };
        let kept: ReplayRow = json(&row, "kept answer")?;
        let bytes = |text: &str| STANDARD_NO_PAD.decode(text).map_err(|_| unreadable("kept answer"));
        let replay = Replay {
            name: name.to_owned(),
            asked: bytes(&kept.asked)?,
            sealed: bytes(&kept.sealed)?,
            until: StoreMillis(kept.until),
        };
        Ok(Some((row, replay)))
    }

    pub(super) async fn kept_replay(
        &self,
        workspace: &Workspace,
        name: &str,
        now: StoreMillis,
    ) -> Result<Option<Replay>, StoreError> {
        let found = self.stored_replay(workspace, name).await?;
        let kept = found.map(|(_, replay)| replay).filter(|replay| replay.until > now);
        if kept.is_some() {
            self.mark(workspace).await?;
        }
        Ok(kept)
    }
}

/// Keeps an answer.
pub(super) fn keep(change: Change, replay: &Replay) -> Change {
    let Replay { name, asked, sealed, until } = replay;
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let row = ReplayRow { asked: text(asked), sealed: text(sealed), until: until.0 };
    change.put(REPLAYS, name, &to_json(&row)).place(UNTIL, name, until.0)
}
