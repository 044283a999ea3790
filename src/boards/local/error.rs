//! Why the built-in board fails: its store does.

use crate::{boards::BoardError, stores::StoreError};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct LocalError(pub(super) StoreError);

impl From<LocalError> for BoardError {
    fn from(LocalError(source): LocalError) -> Self {
        Self::unavailable(source)
    }
}
