//! API keys.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    model::{
        Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, PreviousKey, Replay, ScopeSet, SealedToken,
        SecretFit, StoreMillis, StoredHashes, UnixMillis, Workspace,
    },
    stores::{
        KeyFilter, KeyStore, KeysByEnd, KeysPart, StoreError,
        sqlite::{SqliteStore, effects::append},
    },
};

const PUT: &str = "INSERT OR REPLACE INTO keys (workspace, id, hash, prefix, user_id, description, scopes, created_at,
    expires_at, revoked_at, sealed_github_token, github_token_prefix, github_login, rate_limit, old_hash, old_hash_until,
    noticed_at, version, sealed_version, telling_until, hashes, old_hashes, old_text_over, github_host, turn, last_used_at,
    uses)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
    ?25, (SELECT last_used_at FROM keys WHERE id = ?2), COALESCE((SELECT uses FROM keys WHERE id = ?2), 0))";

fn put(connection: &Connection, key: &KeyRecord) -> Result<(), StoreError> {
    let (hashes, previous) = (key.hashes.as_slice(), key.previous.as_ref());
    let old_hashes = previous.map_or(&[][..], |previous| previous.hashes.as_slice());
    connection.prepare_cached(PUT)?.execute(params![
        key.workspace.as_str(),
        key.id,
        hashes.first(),
        key.prefix,
        key.user_id,
        key.description,
        key.scopes.to_string(),
        key.created_at.0,
        key.expires_at.map(|at| at.0),
        key.revoked_at.map(|at| at.0),
        key.sealed_github_token.as_ref().map(|token| &token.sealed),
        key.github_token_prefix,
        key.github_login,
        key.rate_limit,
        old_hashes.first(),
        previous.map(|previous| previous.until.0),
        key.noticed_at.map(|at| at.0),
        key.version,
        key.sealed_github_token.as_ref().map_or(0, |token| token.version),
        key.telling_until.map(|at| at.0),
        hashes.concat(),
        old_hashes.concat(),
        previous.is_some_and(|previous| previous.is_over),
        key.github_host,
        key.turn,
    ])?;
    connection.prepare_cached("DELETE FROM key_hashes WHERE key_id = ?1")?.execute([&key.id])?;
    let mut found_by = connection.prepare_cached("INSERT OR REPLACE INTO key_hashes VALUES (?1, ?2, ?3)")?;
    for hash in hashes.iter().chain(old_hashes) {
        found_by.execute(params![key.workspace.as_str(), hash, key.id])?;
    }
    let mark = "INSERT OR IGNORE INTO marks (workspace, name) VALUES ('', 'first_key')";
    connection.prepare_cached(mark)?.execute([])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    let moment = |name: &str| -> rusqlite::Result<_> { Ok(row.get::<_, Option<i64>>(name)?.map(UnixMillis)) };
    let hashes = |first: &str, all: &str| -> rusqlite::Result<Option<StoredHashes>> {
        let Some(first) = row.get::<_, Option<[u8; 32]>>(first)? else { return Ok(None) };
        // A version that knew of one only leaves the others out.
        let all: Vec<[u8; 32]> =
            row.get::<_, Option<Vec<u8>>>(all)?.unwrap_or_default().as_chunks().0.to_vec();
        Ok(Some(StoredHashes::new(if all.contains(&first) { all } else { vec![first] })))
    };
    let previous = hashes("old_hash", "old_hashes")?.zip(moment("old_hash_until")?);
    let is_over = row.get("old_text_over")?;
    let sealed: Option<Vec<u8>> = row.get("sealed_github_token")?;
    let sealed_version = row.get("sealed_version")?;
    Ok(KeyRecord {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        id: row.get("id")?,
        hashes: hashes("hash", "hashes")?.unwrap_or_default(),
        prefix: row.get("prefix")?,
        user_id: row.get("user_id")?,
        description: row.get("description")?,
        scopes: ScopeSet::stored(&row.get::<_, String>("scopes")?),
        created_at: UnixMillis(row.get("created_at")?),
        expires_at: moment("expires_at")?,
        revoked_at: moment("revoked_at")?,
        sealed_github_token: sealed.map(|sealed| SealedToken { sealed, version: sealed_version }),
        github_token_prefix: row.get("github_token_prefix")?,
        github_login: row.get("github_login")?,
        github_host: row.get("github_host")?,
        turn: row.get("turn")?,
        rate_limit: row.get("rate_limit")?,
        previous: previous.map(|(hashes, until)| PreviousKey { hashes, until, is_over }),
        last_used_at: moment("last_used_at")?,
        uses: row.get::<_, i64>("uses")?.unsigned_abs(),
        noticed_at: moment("noticed_at")?,
        telling_until: row.get::<_, Option<i64>>("telling_until")?.map(StoreMillis),
        version: row.get("version")?,
    })
}

fn kept(
    connection: &Connection,
    workspace: &str,
    name: &str,
    now: i64,
) -> Result<Option<Replay>, StoreError> {
    let sql = "SELECT asked, sealed, until FROM replays WHERE workspace = ?1 AND name = ?2 AND until > ?3";
    let row = connection.prepare_cached(sql)?.query_row(params![workspace, name, now], |row| {
        Ok(Replay {
            name: name.to_owned(),
            asked: row.get(0)?,
            sealed: row.get(1)?,
            until: StoreMillis(row.get(2)?),
        })
    });
    Ok(row.optional()?)
}

fn change(connection: &Connection, change: &KeyChange) -> Result<KeyOutcome, StoreError> {
    let (record, workspace) = (&change.record, change.record.workspace.as_str());
    if let Some(replay) = &change.replay {
        // Kept for a day from when it was asked: older ones no longer count.
        let asked_at = replay.until.plus(-Replay::KEPT_MILLIS).0;
        if let Some(replay) = kept(connection, workspace, &replay.name, asked_at)? {
            return Ok(KeyOutcome::Repeated(replay));
        }
    }
    let found: Option<i64> = connection
        .prepare_cached("SELECT version FROM keys WHERE workspace = ?1 AND id = ?2")?
        .query_row([workspace, &record.id], |row| row.get(0))
        .optional()?;
    if found.unwrap_or(0) != record.version - 1 {
        return Ok(KeyOutcome::Changed);
    }
    put(connection, record)?;
    append(connection, workspace, &change.effects)?;
    if let Some(replay) = &change.replay {
        connection
            .prepare_cached("INSERT OR REPLACE INTO replays VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![workspace, replay.name, replay.asked, replay.sealed, replay.until.0])?;
    }
    Ok(KeyOutcome::Done)
}

fn wants_first_key(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM marks WHERE workspace = '' AND name = 'first_key')
        OR EXISTS (SELECT 1 FROM marks WHERE workspace = '' AND name = 'first_key_owed')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

fn secret_check(connection: &Connection) -> Result<Option<[u8; 32]>, StoreError> {
    let sql = "SELECT value FROM facts WHERE workspace = '' AND name = 'secret_check'";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?)
}

/// Only the places of keys are sorted, and those of the part are read whole.
fn by_end(connection: &Connection, workspace: &str, asked: &KeysByEnd) -> Result<KeysPart, StoreError> {
    let count = "SELECT COUNT(*) FROM keys WHERE workspace = ?1 AND revoked_at IS NULL
        AND (?2 IS NULL OR user_id = ?2)";
    let total: i64 =
        connection.prepare_cached(count)?.query_row(params![workspace, asked.user_id], |row| row.get(0))?;
    let part = "SELECT keys.* FROM (
            SELECT id, expires_at FROM keys WHERE workspace = ?1 AND revoked_at IS NULL
            AND (?2 IS NULL OR user_id = ?2) ORDER BY expires_at IS NULL, expires_at, id LIMIT ?3 OFFSET ?4
        ) AS part JOIN keys ON keys.id = part.id
        ORDER BY part.expires_at IS NULL, part.expires_at, part.id";
    let mut statement = connection.prepare_cached(part)?;
    let keys = statement.query_map(params![workspace, asked.user_id, asked.limit, asked.offset], read)?;
    Ok(KeysPart { keys: keys.collect::<Result<_, _>>()?, total: usize::try_from(total).unwrap_or_default() })
}

#[async_trait]
impl KeyStore for SqliteStore {
    async fn change_key(&self, what: KeyChange) -> Result<KeyOutcome, StoreError> {
        self.writer.write(true, move |connection| change(connection, &what)).await
    }

    async fn wants_first_key(&self) -> Result<bool, StoreError> {
        self.read(wants_first_key).await
    }

    async fn create_first_key(&self, record: KeyRecord, effects: Effects) -> Result<bool, StoreError> {
        self.writer
            .write(true, move |connection| {
                if !wants_first_key(connection)? {
                    return Ok(false);
                }
                put(connection, &record)?;
                append(connection, record.workspace.as_str(), &effects)?;
                connection.execute("INSERT OR IGNORE INTO marks VALUES ('', 'first_key_owed')", [])?;
                Ok(true)
            })
            .await
    }

    async fn first_key_handed_over(&self) -> Result<(), StoreError> {
        let sql = "DELETE FROM marks WHERE workspace = '' AND name = 'first_key_owed'";
        self.writer.write(true, move |connection| Ok(connection.execute(sql, []).map(drop)?)).await
    }

    async fn secret_check(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.read(secret_check).await
    }

    async fn check_secret(&self, checks: KeyHashes) -> Result<SecretFit, StoreError> {
        // What is under the key comes later, and is not on disk without it.
        self.writer
            .write(false, move |connection| {
                let kept = secret_check(connection)?;
                let fit = match kept {
                    Some(kept) if kept == checks.current => return Ok(SecretFit::Fits),
                    Some(kept) if Some(kept) != checks.old => return Ok(SecretFit::Another),
                    Some(_) => SecretFit::Rotated,
                    None => SecretFit::Fits,
                };
                let sql = "INSERT OR REPLACE INTO facts VALUES ('', 'secret_check', ?1)";
                connection.execute(sql, [checks.current])?;
                Ok(fit)
            })
            .await
    }

    async fn key_by_hash(&self, hashes: KeyHashes) -> Result<Option<KeyRecord>, StoreError> {
        self.read(move |connection| {
            // One statement sees one moment: a key that is hashed anew meanwhile is not missed between two. Versions that
            // knew of one hash only keep no table of them.
            let sql = "SELECT * FROM keys WHERE id IN (SELECT key_id FROM key_hashes WHERE hash IN (?1, ?2)
                UNION ALL SELECT id FROM keys WHERE hash IN (?1, ?2) UNION ALL SELECT id FROM keys WHERE old_hash IN (?1, ?2))";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![hashes.current, hashes.old], read).optional()?;
            let Some(mut record) = found else { return Ok(None) };
            if record.hashes.are_of(hashes) {
                return Ok(Some(record));
            }
            let previous = record.previous.as_ref().filter(|previous| previous.hashes.are_of(hashes));
            let Some(until) = previous.map(|previous| previous.until) else { return Ok(None) };
            record.expires_at = Some(record.expires_at.map_or(until, |end| end.min(until)));
            Ok(Some(record))
        })
        .await
    }

    async fn count_live(&self, workspace: &Workspace, now: UnixMillis) -> Result<usize, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql = "SELECT COUNT(*) FROM keys WHERE workspace = ?1 AND revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at > ?2)";
            let count: i64 = connection
                .prepare_cached(sql)?
                .query_row(params![workspace.as_str(), now.0], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or_default())
        })
        .await
    }

    async fn key(&self, workspace: &Workspace, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        let (workspace, id) = (workspace.clone(), id.to_owned());
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM keys WHERE workspace = ?1 AND id = ?2")?;
            Ok(statement.query_row([workspace.as_str(), &id], read).optional()?)
        })
        .await
    }

    async fn keys(&self, workspace: &Workspace, filter: KeyFilter) -> Result<Vec<KeyRecord>, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| {
            let sql = "SELECT * FROM keys WHERE workspace = ?1 AND (?2 IS NULL OR user_id = ?2)
                AND (?3 IS NULL OR id > ?3) AND (?5 = 0 OR revoked_at IS NULL)
                AND (?6 IS NULL OR expires_at < ?6) ORDER BY id LIMIT ?4";
            let mut statement = connection.prepare_cached(sql)?;
            let limit = filter.limit.map_or(-1, i64::from);
            let ends_before = filter.ends_before.map(|at| at.0);
            let wanted = params![
                workspace.as_str(),
                filter.user_id,
                filter.after,
                limit,
                filter.unrevoked,
                ends_before
            ];
            let rows = statement.query_map(wanted, read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn keys_by_end(&self, workspace: &Workspace, asked: KeysByEnd) -> Result<KeysPart, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| by_end(connection, workspace.as_str(), &asked)).await
    }

    async fn count_uses(
        &self,
        workspace: &Workspace,
        uses: Vec<(String, u64, UnixMillis)>,
    ) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let sql =
                    "UPDATE keys SET uses = uses + ?2, last_used_at = MAX(COALESCE(last_used_at, 0), ?3)
                    WHERE id = ?1 AND workspace = ?4";
                let mut statement = connection.prepare_cached(sql)?;
                for (id, calls, at) in &uses {
                    statement.execute(params![id, *calls as i64, at.0, workspace.as_str()])?;
                }
                Ok(())
            })
            .await
    }

    async fn replay(
        &self,
        workspace: &Workspace,
        name: &str,
        now: StoreMillis,
    ) -> Result<Option<Replay>, StoreError> {
        let (workspace, name) = (workspace.clone(), name.to_owned());
        self.read(move |connection| kept(connection, workspace.as_str(), &name, now.0)).await
    }

    async fn forget_replays(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let ended = "DELETE FROM replays WHERE until <= ?1 AND workspace = ?2";
                connection.prepare_cached(ended)?.execute(params![now.0, workspace.as_str()])?;
                Ok(())
            })
            .await
    }
}
