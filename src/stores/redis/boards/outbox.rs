//! The outbox: in order per task, one instance at a time. A task stands in line as its first entry does.

use std::sync::Once;

use async_trait::async_trait;

use crate::{
    model::{BoardWrite, Causes, Effects, OutboxEntry, OwedWrite, StoreMillis, UnixMillis, Workspace},
    stores::{
        Backlog, Delivered, DeliveryLease, Outbox, StoreError,
        redis::{
            RedisStore,
            effects::{OwedRow, shapes},
            row::{json, unreadable},
            script::{ScriptArguments, script},
        },
    },
};

script!(TAKE, "boards/owed", "boards/take");
script!(RENEW, "boards/owed", "boards/renew");
script!(END, "boards/owed", "boards/end"; " flags=allow-oom");

/// A row that was taken: its id, the row, and how often it was taken before.
type Taken = (String, String, u32);

fn read(workspace: &Workspace, (id, row, attempts): &Taken) -> Result<OwedWrite, StoreError> {
    const WHAT: &str = "board write";
    let mut head = row.split('\n');
    let mut line = || head.next().ok_or_else(|| unreadable(WHAT));
    let (task_id, sequence) = (line()?.to_owned(), line()?.parse().map_err(|_| unreadable(WHAT))?);
    let row: OwedRow = json(row, WHAT)?;
    let entry = OutboxEntry {
        id: id.clone(),
        at: UnixMillis(row.at),
        workspace: workspace.clone(),
        task_id,
        moved_at: row.moved_at.map(UnixMillis),
        write: row.write,
    };
    Ok(OwedWrite { sequence, entry, attempts: *attempts })
}

/// Those that can be read. What follows one that cannot, of the same task, waits with it until the lease ends.
fn readable(workspace: &Workspace, taken: &[Taken]) -> Vec<OwedWrite> {
    let mut held_up: Vec<&str> = Vec::new();
    let mut found = Vec::with_capacity(taken.len());
    for taken in taken {
        let task_id = taken.1.split('\n').next().unwrap_or_default();
        match read(workspace, taken) {
            _ if held_up.contains(&task_id) => {}
            Ok(owed) => found.push(owed),
            Err(error) => {
                tell_unreadable(task_id, &error);
                held_up.push(task_id);
            }
        }
    }
    found
}

fn tell_unreadable(task_id: &str, error: &StoreError) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            error = %Causes(error),
            task_id,
            "a board write that this version cannot read is left to a newer one"
        );
    });
}

/// How a delivery ended, as the script reads it: a word, a moment and what goes with it.
fn ended(arguments: ScriptArguments, (owed, how): &(OwedWrite, Delivered)) -> ScriptArguments {
    let (word, at, words) = match how {
        Delivered::Written(at) => match &owed.entry.write {
            BoardWrite::Move { status } => ("moved", at.store.0, status.as_str()),
            BoardWrite::Comment { .. } | BoardWrite::Progress { .. } => ("written", at.store.0, ""),
        },
        Delivered::Superseded => ("superseded", 0, ""),
        Delivered::Failed { reason, at } => ("failed", at.0, reason.as_str()),
        Delivered::RetryAt(at) => ("retry", at.0, ""),
    };
    arguments
        .bytes(owed.entry.id.as_str())
        .bytes(owed.entry.task_id.as_str())
        .number(owed.sequence)
        .number(i64::from(owed.attempts) + 1)
        .bytes(word)
        .number(at)
        .bytes(words)
}

#[async_trait]
impl Outbox for RedisStore {
    async fn owing(&self, now: StoreMillis) -> Result<Vec<Workspace>, StoreError> {
        let known: Vec<_> = self.scan(&self.workspaces()).await?.into_keys().collect();
        let known: Vec<_> = known.iter().map(|name| Workspace::new(name)).collect();
        if known.is_empty() {
            return Ok(known);
        }
        let mut asked = redis::pipe();
        for workspace in &known {
            let owed = self.name(workspace, "owed");
            asked.cmd("ZRANGEBYSCORE").arg(owed).arg("-inf").arg(now.0).arg("LIMIT").arg(0).arg(1);
        }
        let due: Vec<Vec<String>> =
            self.link.ask(async |connection| asked.query_async(connection).await).await?;
        Ok(known.into_iter().zip(due).filter(|(_, due)| !due.is_empty()).map(|(owing, _)| owing).collect())
    }

    async fn take(
        &self,
        workspace: &Workspace,
        lease: &DeliveryLease,
        limit: u32,
    ) -> Result<Vec<OwedWrite>, StoreError> {
        let arguments = ScriptArguments::default()
            .number(lease.now.0)
            .number(lease.until.0)
            .bytes(lease.instance.as_str())
            .number(limit.into())
            .each(&shapes(), |arguments, shape| arguments.bytes(shape.as_str()));
        let (taken, unknown): (Vec<(String, u32)>, Option<String>) =
            self.run(workspace, &TAKE, arguments).await?;
        if let Some(task_id) = unknown {
            tell_unreadable(&task_id, &unreadable("board write"));
        }
        let ids: Vec<_> = taken.iter().map(|(id, _)| id.clone()).collect();
        let mut rows = self.values(workspace, "owed:rows", Some(&ids)).await?;
        let row = |(id, attempts): (String, u32)| rows.remove(&id).map(|row| (id, row, attempts));
        let taken: Vec<Taken> = taken.into_iter().filter_map(row).collect();
        Ok(readable(workspace, &taken))
    }

    async fn renew(&self, owed: &[OwedWrite], lease: &DeliveryLease) -> Result<(), StoreError> {
        let Some(first) = owed.first() else { return Ok(()) };
        let arguments = ScriptArguments::default()
            .number(lease.until.0)
            .bytes(lease.instance.as_str())
            .each(owed, |arguments, owed| {
                arguments.bytes(owed.entry.id.as_str()).bytes(owed.entry.task_id.as_str())
            });
        self.run(&first.entry.workspace, &RENEW, arguments).await
    }

    async fn end(&self, ends: Vec<(OwedWrite, Delivered)>) -> Result<(), StoreError> {
        let Some((first, _)) = ends.first() else { return Ok(()) };
        let workspace = &first.entry.workspace;
        let effects = Effects { events: Delivered::events(&ends), ..Effects::default() };
        let arguments =
            ScriptArguments::default().each(&ends, ended).effects(&self.audit, workspace, &effects);
        self.run(workspace, &END, arguments).await
    }

    async fn backlog(&self, workspace: &Workspace) -> Result<Backlog, StoreError> {
        let age = self.name(workspace, "owed:age");
        let mut asked = redis::pipe();
        asked.cmd("ZCARD").arg(&age).cmd("ZRANGE").arg(&age).arg(0).arg(0).arg("WITHSCORES");
        let (pending, oldest): (u64, Vec<(String, f64)>) =
            self.link.ask(async |connection| asked.query_async(connection).await).await?;
        Ok(Backlog { pending, oldest: oldest.first().map(|(_, at)| UnixMillis(*at as i64)) })
    }
}
