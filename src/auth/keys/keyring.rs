//! Making, changing, rotating and revoking keys: the same for the admin API, a key's own holder and the command line. Every
//! change is stored with its audit record, and with the answer to be repeated if the caller named one.

use std::sync::Arc;

use super::{GithubToken, IdempotencyKey, NewKey, github_token::take_away, idempotency::KeptAnswers};
use crate::{
    auth::{ApiKey, Authenticator, KeyringError},
    clock::Clock,
    model::{
        Actor, Effects, Event, EventKind, KeyChange, KeyHashes, KeyOutcome, KeyRecord, PreviousKey, Replay,
        ScopeSet, StoreMillis, StoredHashes, UnixMillis, Workspace,
    },
    secrets::SecretKey,
    stores::{AuditLog, KeyFilter, KeyStore, KeysByEnd, KeysPart, StoreError},
};

/// Tries to change a record that others change too.
const TRIES: usize = 8;

/// What is to be different. `Some(None)` takes away.
#[derive(Debug, Default)]
pub struct KeyPatch {
    /// Free text.
    pub description: Option<String>,
    /// What it may do.
    pub scopes: Option<ScopeSet>,
    /// When it stops working.
    pub expires_at: Option<Option<UnixMillis>>,
    /// Calls a minute.
    pub rate_limit: Option<Option<u32>>,
    /// The user's GitHub token.
    pub github_token: Option<Option<GithubToken>>,
    /// Whose token GitHub says it is; goes with the token.
    pub github_login: Option<String>,
    /// The version that was seen, for who changes only what they saw.
    pub seen: Option<i64>,
}

/// The change of a key to a new text.
#[derive(Clone, Copy, Debug)]
pub struct KeyRotation<'a> {
    /// The key's id, or the key itself.
    pub id: &'a str,
    /// Milliseconds for which the old text works on.
    pub grace_millis: i64,
    /// Hashes of what the caller showed, if it is the key's holder: a text that was replaced, and may have been stolen, replaces nothing.
    pub holds: Option<KeyHashes>,
    /// The turn that the caller signed in with, if they show no text but a session: the same holds for it.
    pub turn: Option<i64>,
}

/// Makes the answer that shows a key, once.
pub type RenderKey = fn(&KeyRecord, &ApiKey) -> Vec<u8>;

/// All keys.
pub struct Keyring {
    pub(super) secret: Arc<SecretKey>,
    store: Arc<dyn KeyStore>,
    pub(super) audit: Arc<dyn AuditLog>,
    pub(super) clock: Arc<dyn Clock>,
    authenticator: Arc<Authenticator>,
    answers: KeptAnswers,
    workspace: Workspace,
}

impl Keyring {
    /// The keys of `default`. `authenticator` hears of every change.
    pub fn new(
        secret: Arc<SecretKey>,
        store: Arc<dyn KeyStore>,
        audit: Arc<dyn AuditLog>,
        clock: Arc<dyn Clock>,
        authenticator: Arc<Authenticator>,
    ) -> Self {
        let workspace = Workspace::default();
        let answers = KeptAnswers {
            secret: Arc::clone(&secret),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            workspace: workspace.clone(),
        };
        Self { secret, store, audit, clock, authenticator, answers, workspace }
    }

    /// Makes a key; the answer of `render`, or the one given before under the same idempotency key.
    pub async fn create(
        &self,
        actor: Actor<'_>,
        new: NewKey,
        idempotency_key: Option<IdempotencyKey<'_>>,
        render: RenderKey,
    ) -> Result<Vec<u8>, KeyringError> {
        if let Some(answer) = self.answers.given(actor, idempotency_key).await? {
            return Ok(answer);
        }
        let now = self.clock.now();
        let key = ApiKey::generate();
        let (record, mut effects) = key.record(&self.secret, new, actor.name, now);
        effects.audit = vec![actor.audit("key.create", &record.id, now)];
        let answer = render(&record, &key);
        let replay = idempotency_key.map(|key| self.answers.to_keep(actor, key, &answer));
        let id = record.id.clone();
        match self.store.change_key(KeyChange { record, effects, replay }).await? {
            KeyOutcome::Done => {
                tracing::info!(
                    actor = actor.name,
                    request_id = actor.request_id,
                    key_id = id,
                    "a key was made"
                );
                Ok(answer)
            }
            KeyOutcome::Changed => Err(StoreError::Busy.into()),
            KeyOutcome::Repeated(replay) => self.answers.repeat(idempotency_key, &replay),
        }
    }

    /// Gives a key a new text; the old one works for its time of grace, and the one before that no more.
    pub async fn rotate(
        &self,
        actor: Actor<'_>,
        rotation: KeyRotation<'_>,
        (idempotency_key, render): (Option<IdempotencyKey<'_>>, RenderKey),
    ) -> Result<Vec<u8>, KeyringError> {
        let key = ApiKey::generate();
        for _ in 0..TRIES {
            let found = self.find(rotation.id).await;
            // A replaced text gets the answer again that its holder may have lost, and no more once somebody has the new one.
            let is_current = |record: &KeyRecord| {
                rotation.holds.is_none_or(|shown| record.hashes.are_of(shown))
                    && rotation.turn.is_none_or(|turn| record.turn == turn)
            };
            let is_over =
                |record: &KeyRecord| record.previous.as_ref().is_none_or(|previous| previous.is_over);
            if found.as_ref().is_ok_and(|record| !is_current(record) && is_over(record)) {
                return Err(KeyringError::Superseded);
            }
            if let Some(answer) = self.answers.given(actor, idempotency_key).await? {
                return Ok(answer);
            }
            let mut record = found?;
            if !is_current(&record) {
                return Err(KeyringError::Superseded);
            }
            let until = self.clock.now().plus(rotation.grace_millis);
            record.turn += 1;
            record.previous = Some(PreviousKey { hashes: record.hashes, until, is_over: false });
            record.hashes = StoredHashes::of(self.secret.key_hashes(key.expose()));
            key.prefix().clone_into(&mut record.prefix);
            let answer = render(&record, &key);
            let replay = idempotency_key.map(|key| self.answers.to_keep(actor, key, &answer));
            match self.put(actor, record, "key.rotate", replay).await? {
                KeyOutcome::Done => return Ok(answer),
                KeyOutcome::Changed => {}
                KeyOutcome::Repeated(replay) => return self.answers.repeat(idempotency_key, &replay),
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Changes a key; the record as it is now.
    pub async fn patch(
        &self,
        actor: Actor<'_>,
        id: &str,
        patch: KeyPatch,
    ) -> Result<KeyRecord, KeyringError> {
        self.change(actor, (id, patch.seen), "key.change", |record| {
            record.description = patch.description.clone().unwrap_or_else(|| record.description.clone());
            record.scopes = patch.scopes.unwrap_or(record.scopes);
            record.rate_limit = patch.rate_limit.unwrap_or(record.rate_limit);
            if let Some(expires_at) = patch.expires_at {
                (record.expires_at, record.noticed_at, record.telling_until) = (expires_at, None, None);
            }
            if let Some(token) = &patch.github_token {
                take_away(record);
                if let Some(token) = token {
                    token.put_into(record, &self.secret, record.version + 1);
                }
                record.github_login.clone_from(&patch.github_login);
            }
        })
        .await
    }

    /// Revokes a key; its id.
    pub async fn revoke(&self, actor: Actor<'_>, id: &str) -> Result<String, KeyringError> {
        let now = self.clock.now();
        let change = |record: &mut KeyRecord| {
            record.revoked_at = Some(now);
            record.sealed_github_token = None;
            record.previous = None;
        };
        Ok(self.change(actor, (id, None), "key.revoke", change).await?.id)
    }

    /// Stores that somebody is about to be told of its end, until then; fails when another process is at it.
    pub async fn begin_notice(
        &self,
        actor: Actor<'_>,
        record: &KeyRecord,
        until: StoreMillis,
    ) -> Result<(), KeyringError> {
        let record = KeyRecord { telling_until: Some(until), ..record.clone() };
        match self.put(actor, record, "key.notice", None).await? {
            KeyOutcome::Done => Ok(()),
            KeyOutcome::Changed | KeyOutcome::Repeated(_) => Err(StoreError::Busy.into()),
        }
    }

    /// Stores how that ended; after a failure it is tried again from then on.
    pub async fn end_notice(
        &self,
        actor: Actor<'_>,
        id: &str,
        outcome: Result<(), StoreMillis>,
    ) -> Result<(), KeyringError> {
        let action = if outcome.is_ok() { "key.notice_sent" } else { "key.notice_failed" };
        let now = self.clock.now();
        let change = |record: &mut KeyRecord| {
            // Nobody is being told any more if the key was given another end meanwhile.
            if record.telling_until.take().is_some() {
                (record.noticed_at, record.telling_until) = (outcome.ok().map(|()| now), outcome.err());
            }
        };
        self.change(actor, (id, None), action, change).await.map(drop)
    }

    async fn change(
        &self,
        actor: Actor<'_>,
        (id, seen): (&str, Option<i64>),
        action: &'static str,
        change: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeyringError> {
        for _ in 0..TRIES {
            let mut record = self.find(id).await?;
            if seen.is_some_and(|seen| seen != record.version) {
                return Err(KeyringError::Changed);
            }
            change(&mut record);
            let stored = KeyRecord { version: record.version + 1, ..record.clone() };
            if self.put(actor, record, action, None).await? == KeyOutcome::Done {
                return Ok(stored);
            }
        }
        Err(StoreError::Busy.into())
    }

    pub(super) async fn put(
        &self,
        actor: Actor<'_>,
        record: KeyRecord,
        action: &'static str,
        replay: Option<Replay>,
    ) -> Result<KeyOutcome, KeyringError> {
        let now = self.clock.now();
        let record = KeyRecord { version: record.version + 1, ..record };
        let effects = Effects {
            audit: vec![actor.audit(action, &record.id, now)],
            events: vec![Event::about(EventKind::Key, &record.id, action, now)],
            ..Effects::default()
        };
        let id = record.id.clone();
        let outcome = self.store.change_key(KeyChange { record, effects, replay }).await?;
        if outcome == KeyOutcome::Done {
            self.authenticator.key_changed(&id);
            tracing::info!(
                actor = actor.name,
                request_id = actor.request_id,
                key_id = id,
                action,
                "a key was changed"
            );
        }
        Ok(outcome)
    }

    /// The key that is not revoked with that id or, given the key itself, that key.
    pub async fn find(&self, id_or_key: &str) -> Result<KeyRecord, KeyringError> {
        let found = if ApiKey::is_well_formed(id_or_key) {
            match self.store.key_by_hash(self.secret.key_hashes(id_or_key)).await? {
                Some(record) => self.store.key(&record.workspace, &record.id).await?,
                None => None,
            }
        } else {
            self.store.key(&self.workspace, id_or_key).await?
        };
        found.filter(|record| record.revoked_at.is_none()).ok_or(KeyringError::NotFound)
    }

    /// The key with that id, also one that is revoked; `None` of what is the id of no key.
    pub async fn known(&self, id: &str) -> Result<Option<KeyRecord>, KeyringError> {
        Ok(self.store.key(&self.workspace, id).await?)
    }

    /// Keys, revoked ones too, oldest first.
    pub async fn list(&self, filter: KeyFilter) -> Result<Vec<KeyRecord>, KeyringError> {
        Ok(self.store.keys(&self.workspace, filter).await?)
    }

    /// A part of the keys that are not revoked, those that end first at the front.
    pub async fn by_end(&self, asked: KeysByEnd) -> Result<KeysPart, KeyringError> {
        Ok(self.store.keys_by_end(&self.workspace, asked).await?)
    }

    /// How many keys open something now.
    pub async fn count_live(&self) -> Result<usize, KeyringError> {
        Ok(self.store.count_live(&self.workspace, self.clock.now()).await?)
    }

    /// Whether what is sealed now is sealed under the secret key of this process, by the store's word: of two that are configured
    /// with each other's as the old one, one seals anew.
    pub(super) async fn seals_last(&self) -> Result<bool, StoreError> {
        Ok(self.store.secret_check().await?.is_none_or(|kept| kept == self.secret.check().current))
    }

    /// The answer given before under that idempotency key, if any.
    pub async fn given(
        &self,
        actor: Actor<'_>,
        idempotency_key: Option<IdempotencyKey<'_>>,
    ) -> Result<Option<Vec<u8>>, KeyringError> {
        self.answers.given(actor, idempotency_key).await
    }
}
