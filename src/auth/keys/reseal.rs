//! Opening the users' GitHub tokens, and sealing them anew after the secret key was rotated.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use secrecy::SecretString;

use super::{
    Keyring,
    github_token::{bound, seal},
};
use crate::{
    auth::KeyringError,
    model::{Actor, KeyOutcome, KeyRecord},
    secrets::Purpose,
    stores::KeyFilter,
};

/// Tokens sealed anew at once: they share one wait for the disk.
const RESEALED_AT_ONCE: usize = 64;

impl Keyring {
    /// The GitHub token of a key. One that does not open is an error, and audited.
    pub async fn github_token(
        &self,
        actor: Actor<'_>,
        record: &KeyRecord,
    ) -> Result<Option<SecretString>, KeyringError> {
        let Some(token) = &record.sealed_github_token else { return Ok(None) };
        let bound = bound(record, token.version);
        let opened = self.secret.sealer(Purpose::GithubToken).open(&token.sealed, &bound);
        if let Some(token) = opened.and_then(|bytes| String::from_utf8(bytes).ok()) {
            return Ok(Some(token.into()));
        }
        let audit = actor.audit("key.token_unreadable", &record.id, self.clock.now());
        self.audit.append_audit(&record.workspace, audit).await?;
        Err(KeyringError::Unreadable)
    }

    /// Seals tokens anew that are sealed under the old secret key, or without their record's version; how many were. Keys whose
    /// token does not open are added to `unreadable`; those that are in it are left alone, so that each is audited once.
    pub async fn reseal(
        &self,
        actor: Actor<'_>,
        unreadable: &mut BTreeSet<String>,
    ) -> Result<usize, KeyringError> {
        if !self.seals_last().await? {
            return Ok(0);
        }
        let mut records = self.list(KeyFilter::default()).await?;
        records.retain(|record| record.sealed_github_token.is_some() && !unreadable.contains(&record.id));
        let mut done = 0;
        for records in records.chunks(RESEALED_AT_ONCE) {
            let outcomes = join_all(records.iter().map(|record| self.reseal_one(actor, record))).await;
            for (outcome, record) in outcomes.into_iter().zip(records) {
                match outcome {
                    Ok(resealed) => done += usize::from(resealed),
                    Err(KeyringError::Unreadable) => {
                        unreadable.insert(record.id.clone());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(done)
    }

    /// Whether it was needed and done.
    async fn reseal_one(&self, actor: Actor<'_>, record: &KeyRecord) -> Result<bool, KeyringError> {
        let Some(token) = &record.sealed_github_token else { return Ok(false) };
        let bound = bound(record, token.version);
        if token.version > 0 && self.secret.sealer(Purpose::GithubToken).is_current(&token.sealed, &bound) {
            return Ok(false);
        }
        let Some(token) = self.github_token(actor, record).await? else { return Ok(false) };
        let sealed = seal(&self.secret, record, record.version + 1, &token);
        let record = KeyRecord { sealed_github_token: Some(sealed), ..record.clone() };
        // One that was changed meanwhile stays for the next time.
        Ok(self.put(actor, record, "key.reseal", None).await? == KeyOutcome::Done)
    }

    /// Whether there is an old secret key that something may still be sealed under.
    pub fn has_old_secret(&self) -> bool {
        self.secret.old_audit_key().is_some()
    }
}
