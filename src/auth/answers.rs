//! Answers kept for a day, sealed, for whoever asks the same again under the same idempotency key.

use std::sync::Arc;

use super::{Actor, KeyringError, Purpose, SecretKey};
use crate::{
    clock::Clock,
    model::{Replay, Workspace, hex},
    stores::KeyStore,
};

/// An idempotency key with what was asked under it.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// The header's text.
    pub name: &'a str,
    /// Path and body.
    pub asked: &'a [u8],
}

/// Kept answers of a workspace.
pub(super) struct Answers {
    pub(super) secret: Arc<SecretKey>,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) workspace: Workspace,
}

impl Answers {
    /// The answer given before under that name, if any.
    pub(super) async fn given(
        &self,
        actor: Actor<'_>,
        once: Option<Once<'_>>,
    ) -> Result<Option<Vec<u8>>, KeyringError> {
        let Some(asked) = once else { return Ok(None) };
        let name = self.name(actor, asked);
        match self.store.replay(&self.workspace, &name, self.clock.now()).await? {
            Some(replay) => self.repeat(actor, once, &replay).map(Some),
            None => Ok(None),
        }
    }

    fn name(&self, actor: Actor<'_>, once: Once<'_>) -> String {
        let digest =
            self.secret.digest("taskgate replay name", format!("{}\n{}", actor.name, once.name).as_bytes());
        hex(&digest)
    }

    /// The answer, to be kept with the change it belongs to.
    pub(super) fn to_keep(&self, actor: Actor<'_>, once: Once<'_>, answer: &[u8]) -> Replay {
        let name = self.name(actor, once);
        Replay {
            asked: self.secret.digest("taskgate replay", once.asked).to_vec(),
            sealed: self.secret.sealer(Purpose::Replay).seal(answer, name.as_bytes()),
            until: self.clock.now().plus(Replay::KEPT_MILLIS),
            name,
        }
    }

    /// A kept answer, if the same was asked.
    pub(super) fn repeat(
        &self,
        actor: Actor<'_>,
        once: Option<Once<'_>>,
        replay: &Replay,
    ) -> Result<Vec<u8>, KeyringError> {
        let once = once.ok_or(KeyringError::AskedOtherwise)?;
        let same = replay.asked == self.secret.digest("taskgate replay", once.asked);
        let opened =
            self.secret.sealer(Purpose::Replay).open(&replay.sealed, self.name(actor, once).as_bytes());
        opened.filter(|_| same).ok_or(KeyringError::AskedOtherwise)
    }
}
