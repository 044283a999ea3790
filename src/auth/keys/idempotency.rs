//! Answers kept for a day, sealed, for whoever asks the same again under the same idempotency key.

use std::sync::Arc;

use crate::{
    auth::KeyringError,
    clock::Clock,
    model::{Actor, Replay, Workspace, hex},
    secrets::{Purpose, SecretKey},
    stores::KeyStore,
};

/// Labels of digests.
const NAME: &str = "taskgate replay name";
const ASKED: &str = "taskgate replay";

/// The text of an `Idempotency-Key` header with what was asked under it.
#[derive(Clone, Copy, Debug)]
pub struct IdempotencyKey<'a> {
    /// The header's text.
    pub name: &'a str,
    /// Path and body.
    pub asked: &'a [u8],
}

/// Answers of a workspace that are kept.
pub(super) struct KeptAnswers {
    pub(super) secret: Arc<SecretKey>,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) workspace: Workspace,
}

impl KeptAnswers {
    /// The answer given before under that name, if any.
    pub(super) async fn given(
        &self,
        actor: Actor<'_>,
        key: Option<IdempotencyKey<'_>>,
    ) -> Result<Option<Vec<u8>>, KeyringError> {
        let Some(asked) = key else { return Ok(None) };
        for name in self.names(actor, asked) {
            if let Some(replay) = self.store.replay(&self.workspace, &name, self.clock.store_now()).await? {
                return self.repeat(key, &replay).map(Some);
            }
        }
        Ok(None)
    }

    /// What it is kept under, and was before the last rotation of the secret key.
    fn names(&self, actor: Actor<'_>, key: IdempotencyKey<'_>) -> Vec<String> {
        let text = format!("{}\n{}", actor.name, key.name);
        self.secret.digests(NAME, text.as_bytes()).map(|digest| hex(&digest)).collect()
    }

    /// The answer, to be kept with the change it belongs to.
    pub(super) fn to_keep(&self, actor: Actor<'_>, key: IdempotencyKey<'_>, answer: &[u8]) -> Replay {
        let name = self.names(actor, key).swap_remove(0);
        Replay {
            asked: self.secret.digests(ASKED, key.asked).next().unwrap_or_default().to_vec(),
            sealed: self.secret.sealer(Purpose::Replay).seal(answer, name.as_bytes()),
            until: self.clock.store_now().plus(Replay::KEPT_MILLIS),
            name,
        }
    }

    /// A kept answer, if the same was asked.
    pub(super) fn repeat(
        &self,
        key: Option<IdempotencyKey<'_>>,
        replay: &Replay,
    ) -> Result<Vec<u8>, KeyringError> {
        let key = key.ok_or(KeyringError::AskedOtherwise)?;
        let same = self.secret.digests(ASKED, key.asked).any(|digest| replay.asked == digest);
        let opened = self.secret.sealer(Purpose::Replay).open(&replay.sealed, replay.name.as_bytes());
        opened.filter(|_| same).ok_or(KeyringError::AskedOtherwise)
    }
}
