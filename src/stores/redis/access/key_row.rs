//! A key as it is kept: its version, MACs of the rest under each secret key that was configured when it was written, and the rest.
//!
//! Who can write to the server and has no secret key can give no key other rights. An older row that is put back is not detected.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::{
    RedisStore,
    row::{to_json, unreadable},
};
use crate::{
    model::{
        KeyRecord, PreviousKey, ScopeSet, SealedToken, StoreMillis, StoredHashes, UnixMillis, Workspace, hex,
        unhex,
    },
    secrets::AuditKey,
    stores::StoreError,
};

/// What is kept of a key.
#[derive(Serialize, Deserialize)]
struct KeyRow {
    hashes: Vec<String>,
    prefix: String,
    user_id: String,
    description: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    sealed_github_token: Option<SealedTokenRow>,
    github_token_prefix: Option<String>,
    github_login: Option<String>,
    github_host: Option<String>,
    rate_limit: Option<u32>,
    turn: i64,
    previous: Option<PreviousKeyRow>,
    noticed_at: Option<i64>,
    telling_until: Option<i64>,
    version: i64,
    /// What a newer version keeps beside these.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct SealedTokenRow {
    sealed: String,
    version: i64,
}

#[derive(Serialize, Deserialize)]
struct PreviousKeyRow {
    hashes: Vec<String>,
    until: i64,
    is_over: bool,
}

/// A key that was read, its row, and what of that only a newer version knows.
pub(super) struct OpenedKey {
    pub(super) row: String,
    pub(super) record: KeyRecord,
    rest: Map<String, Value>,
}

/// By whom a row was written.
enum Writer {
    /// Somebody with a secret key of ours.
    Ours,
    /// Somebody with another, or who says so.
    Another,
}

fn texts(hashes: &StoredHashes) -> Vec<String> {
    hashes.as_slice().iter().map(|hash| hex(hash)).collect()
}

fn hashes(texts: &[String]) -> Result<StoredHashes, StoreError> {
    let hashes: Option<Vec<_>> = texts.iter().map(|text| unhex(text)).collect();
    hashes.map(StoredHashes::new).ok_or_else(|| unreadable("key"))
}

fn to_row(key: &KeyRecord, rest: Map<String, Value>) -> KeyRow {
    let sealed = key.sealed_github_token.as_ref();
    KeyRow {
        hashes: texts(&key.hashes),
        prefix: key.prefix.clone(),
        user_id: key.user_id.clone(),
        description: key.description.clone(),
        scopes: key.scopes.to_string(),
        created_at: key.created_at.0,
        expires_at: key.expires_at.map(|at| at.0),
        revoked_at: key.revoked_at.map(|at| at.0),
        sealed_github_token: sealed.map(|token| SealedTokenRow {
            sealed: STANDARD_NO_PAD.encode(&token.sealed),
            version: token.version,
        }),
        github_token_prefix: key.github_token_prefix.clone(),
        github_login: key.github_login.clone(),
        github_host: key.github_host.clone(),
        rate_limit: key.rate_limit,
        turn: key.turn,
        previous: key.previous.as_ref().map(|previous| PreviousKeyRow {
            hashes: texts(&previous.hashes),
            until: previous.until.0,
            is_over: previous.is_over,
        }),
        noticed_at: key.noticed_at.map(|at| at.0),
        telling_until: key.telling_until.map(|at| at.0),
        version: key.version,
        rest,
    }
}

fn sealed_token(row: SealedTokenRow) -> Result<SealedToken, StoreError> {
    let sealed = STANDARD_NO_PAD.decode(row.sealed).map_err(|_| unreadable("key"))?;
    Ok(SealedToken { sealed, version: row.version })
}

fn previous_key(row: PreviousKeyRow) -> Result<PreviousKey, StoreError> {
    let hashes = hashes(&row.hashes)?;
    Ok(PreviousKey { hashes, until: UnixMillis(row.until), is_over: row.is_over })
}

fn to_record(workspace: &Workspace, id: &str, row: KeyRow) -> Result<KeyRecord, StoreError> {
    Ok(KeyRecord {
        workspace: workspace.clone(),
        id: id.to_owned(),
        hashes: hashes(&row.hashes)?,
        prefix: row.prefix,
        user_id: row.user_id,
        description: row.description,
        scopes: ScopeSet::stored(&row.scopes),
        created_at: UnixMillis(row.created_at),
        expires_at: row.expires_at.map(UnixMillis),
        revoked_at: row.revoked_at.map(UnixMillis),
        sealed_github_token: row.sealed_github_token.map(sealed_token).transpose()?,
        github_token_prefix: row.github_token_prefix,
        github_login: row.github_login,
        github_host: row.github_host,
        rate_limit: row.rate_limit,
        turn: row.turn,
        previous: row.previous.map(previous_key).transpose()?,
        last_used_at: None,
        uses: 0,
        noticed_at: row.noticed_at.map(UnixMillis),
        telling_until: row.telling_until.map(StoreMillis),
        version: row.version,
    })
}

/// Nobody can tell what such a key may do, and its text is found by nothing: it opens nothing, and is shown as revoked.
fn of_another(record: KeyRecord) -> KeyRecord {
    KeyRecord {
        hashes: StoredHashes::default(),
        previous: None,
        scopes: ScopeSet::default(),
        sealed_github_token: None,
        revoked_at: record.revoked_at.or(Some(record.created_at)),
        ..record
    }
}

impl RedisStore {
    fn row_keys(&self) -> impl Iterator<Item = &AuditKey> {
        std::iter::once(&self.audit).chain(&self.old_audit)
    }

    /// The row of a key that takes the place of what is stored, if anything is.
    pub(super) fn key_row(&self, record: &KeyRecord, before: Option<&OpenedKey>) -> String {
        let rest = before.map(|before| before.rest.clone()).unwrap_or_default();
        let json = to_json(&to_row(record, rest));
        let parts = [record.workspace.as_str(), &record.id, &json];
        let macs: Vec<_> =
            self.row_keys().map(|key| format!("{}:{}", key.name(), hex(&key.row_mac(&parts)))).collect();
        format!("{}\n{}\n{json}", record.version, macs.join(","))
    }

    /// The key of a row. One that cannot be read, or that somebody without the secret key wrote, is an error.
    pub(super) fn open_key_row(
        &self,
        workspace: &Workspace,
        id: &str,
        row: String,
    ) -> Result<OpenedKey, StoreError> {
        let mut parts = row.splitn(3, '\n').skip(1);
        let (Some(macs), Some(json)) = (parts.next(), parts.next()) else { return Err(unreadable("key")) };
        let writer = self.writer(macs, &[workspace.as_str(), id, json])?;
        let mut read: KeyRow = serde_json::from_str(json).map_err(|_| unreadable("key"))?;
        let rest = std::mem::take(&mut read.rest);
        let record = to_record(workspace, id, read)?;
        Ok(match writer {
            Writer::Ours => OpenedKey { row, record, rest },
            Writer::Another => OpenedKey { row, record: of_another(record), rest: Map::new() },
        })
    }

    fn writer(&self, macs: &str, parts: &[&str]) -> Result<Writer, StoreError> {
        for (name, mac) in macs.split(',').filter_map(|mac| mac.split_once(':')) {
            let Some(key) = self.row_keys().find(|key| key.name() == name) else { continue };
            let is_its = unhex::<32>(mac).is_some_and(|mac| key.has_made(&mac, parts));
            return if is_its { Ok(Writer::Ours) } else { Err(unreadable("key")) };
        }
        Ok(Writer::Another)
    }
}
