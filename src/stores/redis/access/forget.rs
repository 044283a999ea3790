//! What is over is dropped, some of it at a time: a hash beside a sorted set by the moments from which on its rows are nothing.

use super::super::{
    RedisStore,
    script::{ScriptArguments, script},
};
use crate::{
    model::{StoreMillis, Workspace},
    stores::StoreError,
};

script!(FORGET, "access/forget"; " flags=allow-oom");

/// Rows dropped at once.
const BATCH: usize = 500;

impl RedisStore {
    /// Drops the rows of `hash` that are over at `now`, by `HASH:until`. `sets`: beginnings of the names of sorted sets they are also in, of
    /// the person in the second line of each.
    pub(super) async fn forget(
        &self,
        workspace: &Workspace,
        hash: &str,
        now: StoreMillis,
        sets: &[&str],
    ) -> Result<(), StoreError> {
        let arguments = ScriptArguments::default()
            .bytes(hash)
            .number(now.0)
            .number(BATCH as i64)
            .each(sets, |arguments, set| arguments.bytes(*set));
        loop {
            let (dropped,): (usize,) = self.run(workspace, &FORGET, arguments.clone()).await?;
            if dropped < BATCH {
                return Ok(());
            }
        }
    }
}
