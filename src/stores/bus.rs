//! Word between the gateways on one store: a question to one of them, and its answer within a second. What a store does not have
//! on one machine.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;

use super::StoreError;
use crate::{clock::Clock, secrets::Sealer};

/// How long a gateway is waited for.
pub const BUS_PATIENCE: Duration = Duration::from_secs(1);

/// What a bus is made of.
pub struct BusParts {
    /// Seals what is said: who reads or writes the store's server neither learns nor invents any of it.
    pub sealer: Sealer,
    /// Says what is too old to be believed.
    pub clock: Arc<dyn Clock>,
}

/// Names a question.
pub type BusQuestion = [u8; 16];

/// What another gateway asks.
#[derive(Debug)]
pub struct BusMessage {
    /// Which one asks.
    pub from: String,
    /// To be answered by it, see [`Bus::answer`].
    pub question: BusQuestion,
    /// Its words.
    pub words: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BusError {
    /// Nobody of that name listens. It has not heard the question.
    #[error("that gateway is gone")]
    Gone,
    /// It may have heard the question.
    #[error("that gateway does not answer")]
    Silent,
    /// It was not asked.
    #[error("that is more than one gateway tells another at once")]
    TooLarge,
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What several gateways answered.
#[derive(Debug, Default)]
pub struct BusAnswers {
    /// By the name of who answered.
    pub answers: Vec<(String, Bytes)>,
    /// Whether one did not, or it is not known who there is.
    pub is_partial: bool,
}

/// The way to the other gateways on one store.
#[async_trait]
pub trait Bus: Send + Sync {
    /// The name of this gateway: nothing but letters and digits.
    fn instance(&self) -> &str;

    /// The names of the others that live.
    async fn others(&self) -> Result<Vec<String>, StoreError>;

    /// Asks one of them. It hears what it can still answer within that time, and once.
    async fn ask(&self, to: &str, words: Bytes, within: Duration) -> Result<Bytes, BusError>;

    /// The next question to this gateway; waits for one. There is one who calls this.
    async fn next(&self) -> BusMessage;

    /// Answers a question. Nobody is told when that fails: who asked does not wait for ever.
    async fn answer(&self, message: &BusMessage, words: Bytes);

    /// Asks all others.
    async fn ask_all(&self, words: Bytes, within: Duration) -> BusAnswers {
        let Ok(others) = self.others().await else {
            return BusAnswers { answers: Vec::new(), is_partial: true };
        };
        let asked = others.iter().map(|other| self.ask(other, words.clone(), within));
        let mut answers = BusAnswers::default();
        for (other, answer) in others.iter().zip(join_all(asked).await) {
            match answer {
                Ok(answer) => answers.answers.push((other.clone(), answer)),
                // A command that works on the store, and answers nobody.
                Err(BusError::Gone) => {}
                Err(_) => answers.is_partial = true,
            }
        }
        answers
    }
}
