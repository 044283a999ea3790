//! Asking a board while somebody waits: one that somebody else keeps is given up after a while.

use std::time::Duration;

use super::{Board, BoardError};

const PATIENCE: Duration = Duration::from_secs(9);

/// What a board answers, if it does so within 9 s; one that is kept here is waited for as long as it takes.
pub async fn answer_in_time<T>(
    board: &dyn Board,
    asked: impl Future<Output = Result<T, BoardError>>,
) -> Result<T, BoardError> {
    if !board.describe().is_remote() {
        return asked.await;
    }
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    answer.unwrap_or_else(|late| Err(BoardError::unavailable(late)))
}
