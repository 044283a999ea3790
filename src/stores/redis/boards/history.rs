//! What happened to tasks: entries by their numbers, and sets of numbers by which they are found.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{
    model::{HistoryAction, HistoryEntry, LossCause, UnixMillis, Workspace},
    stores::{
        HistoryOf, HistoryStore, StoreError, StoredHistory,
        redis::{
            RedisStore,
            change::ATTEMPTS,
            effects::{HistoryRow, one_line},
            row::{json, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(FORGET_HISTORY, "boards/forget_history"; " flags=allow-oom");

/// Entries that are looked at for the agents heard of last.
const RECENT: i64 = 2_000;

/// The set of what is asked for.
fn set(of: &HistoryOf) -> String {
    match of {
        HistoryOf::Task(id) => format!("ht:{id}"),
        HistoryOf::StopsOfTask(id) => format!("hs:{id}"),
        HistoryOf::Agent(id) => format!("ha:{id}"),
        HistoryOf::Deleted(key) => format!("hd:{}", one_line(key)),
    }
}

fn entry(row: &str) -> Result<HistoryEntry, StoreError> {
    const WHAT: &str = "history entry";
    let row: HistoryRow<'_> = json(row, WHAT)?;
    let cause = row.cause.as_deref().map(|word| LossCause::from_word(word).ok_or_else(|| unreadable(WHAT)));
    Ok(HistoryEntry {
        at: UnixMillis(row.at),
        action: HistoryAction::from_word(&row.action).ok_or_else(|| unreadable(WHAT))?,
        cause: cause.transpose()?,
        task_id: row.task_id.into_owned(),
        agent_id: row.agent_id.into_owned(),
        actor: row.actor.into_owned(),
        generation: row.generation,
        progress: row.progress,
        words: row.words.into_owned(),
    })
}

fn stored(number: &str, rows: &HashMap<String, String>) -> Option<Result<StoredHistory, StoreError>> {
    let row = rows.get(number)?;
    let sequence = number.parse().map_err(|_| unreadable("number of a history entry"));
    Some(sequence.and_then(|sequence| Ok(StoredHistory { sequence, entry: entry(row)? })))
}

impl RedisStore {
    /// The newest entries of each set before that place. What goes meanwhile is read again, so that it is as if all were read
    /// in one step: of progress, the next takes the place of the one that goes.
    async fn pages(
        &self,
        workspace: &Workspace,
        of: &[HistoryOf],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Vec<StoredHistory>>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let newest = before.map_or_else(|| String::from("+inf"), |before| format!("({before}"));
        let mut asked = ::redis::pipe();
        for of in of {
            let set = self.name(workspace, &set(of));
            asked.cmd("ZREVRANGEBYSCORE").arg(set).arg(&newest).arg("-inf").arg("LIMIT").arg(0).arg(limit);
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let pages: Vec<Vec<String>> =
                self.link.ask(async |connection| asked.query_async(connection).await).await?;
            let mut numbers: Vec<_> = pages.iter().flatten().cloned().collect();
            numbers.sort_unstable();
            numbers.dedup();
            let rows = self.values(workspace, "h:rows", Some(&numbers)).await?;
            if rows.len() == numbers.len() || attempts == ATTEMPTS {
                let page = |page: Vec<String>| page.iter().filter_map(|n| stored(n, &rows)).collect();
                return pages.into_iter().map(page).collect();
            }
        }
    }
}

#[async_trait]
impl HistoryStore for RedisStore {
    async fn history(
        &self,
        workspace: &Workspace,
        of: HistoryOf,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredHistory>, StoreError> {
        let mut pages = self.pages(workspace, &[of], before, limit).await?;
        Ok(pages.pop().unwrap_or_default())
    }

    async fn histories(
        &self,
        workspace: &Workspace,
        of: Vec<HistoryOf>,
        limit: u32,
    ) -> Result<Vec<Vec<StoredHistory>>, StoreError> {
        self.pages(workspace, &of, None, limit).await
    }

    async fn recent_agents(&self, workspace: &Workspace, most: u32) -> Result<Vec<String>, StoreError> {
        let mut oldest = redis::cmd("ZREVRANGE");
        oldest.arg(self.name(workspace, "h:order")).arg(RECENT - 1).arg(RECENT - 1);
        let oldest: Vec<String> = self.link.send(&oldest).await?;
        let oldest = oldest.first().map_or("-inf", String::as_str);
        let mut agents = redis::cmd("ZREVRANGEBYSCORE");
        agents.arg(self.name(workspace, "h:agents")).arg("+inf").arg(oldest).arg("LIMIT").arg(0).arg(most);
        self.link.send(&agents).await
    }

    async fn forget_history(
        &self,
        workspace: &Workspace,
        deleted_before: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError> {
        let arguments = ScriptArguments::default().number(deleted_before.0).number(most.into());
        loop {
            let (may_be_more,): (bool,) = self.run(workspace, &FORGET_HISTORY, arguments.clone()).await?;
            if !may_be_more {
                return Ok(());
            }
        }
    }
}
