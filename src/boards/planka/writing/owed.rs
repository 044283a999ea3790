//! What is owed to the board, one write at a time.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    boards::{
        BoardError,
        elsewhere::deliver,
        planka::{PlankaBoard, book::CardBook, error::PlankaError},
    },
    model::{BoardWrite, OwedWrite, WriteOutcome},
};

/// What may have been sent is done within that, or never.
pub(super) const SEEN_AFTER: Duration = Duration::from_secs(2);
pub(in crate::boards::planka) const LACKS_RIGHTS: &str =
    "the right to write on this board: make the gateway's user a member of it, with the role editor";

impl PlankaBoard {
    /// Delivers writes; one answer each.
    pub(in crate::boards::planka) async fn deliver_owed(
        &self,
        owed: &[OwedWrite],
    ) -> Vec<Result<WriteOutcome, BoardError>> {
        deliver(owed, |owed| Box::pin(self.deliver_one(owed))).await
    }

    async fn deliver_one(&self, owed: &OwedWrite) -> Result<WriteOutcome, BoardError> {
        let entry = &owed.entry;
        let id = self.id_of(&entry.task_id).await.map_err(|error| self.error(error))?;
        let id = id.ok_or(BoardError::NoSuchTask)?;
        let written = match &entry.write {
            BoardWrite::Move { status } => self.deliver_move(owed, &id, *status).await,
            BoardWrite::Comment { text, mark } => {
                self.deliver_comment(owed, &id, (text, mark.as_ref())).await
            }
            BoardWrite::Progress { generation, text, mark } => {
                self.deliver_progress(owed, &id, *generation, (text, mark.as_ref())).await
            }
        };
        match written {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                if matches!(error, PlankaError::Unsure(_)) {
                    self.delivered.unsure.insert(entry.id.clone(), Instant::now());
                }
                Err(match self.of_card(error, &id).await {
                    // What is wrong with the board as a whole is no fault of the write.
                    board @ (PlankaError::NoBoard(_) | PlankaError::Elsewhere { .. } | PlankaError::Old) => {
                        BoardError::unavailable(board)
                    }
                    meant => self.error(meant),
                })
            }
        }
    }

    /// What the failure of a write to a card means. To who is no member of its board Planka says that the card is not there.
    pub(super) async fn of_card(&self, error: PlankaError, id: &str) -> PlankaError {
        let lacks = || PlankaError::Forbidden { message: LACKS_RIGHTS.to_owned() };
        match error {
            PlankaError::NotFound => {}
            PlankaError::Forbidden { .. } => return lacks(),
            other => return other,
        }
        let Ok(Some(card)) = self.api.card(id).await else {
            // To who does not see the board (any more) no card is there either.
            return self.read_board().await.err().unwrap_or(error);
        };
        // Put away or moved to another board, it is as good as gone.
        let list = |book: &mut CardBook| book.frame.as_ref()?.list(&card.item.list_id).map(|_| ());
        if self.with_book(list).is_none() {
            return error;
        }
        let Ok(own) = self.own_id().await else { return lacks() };
        let is_editor = |book: &mut CardBook| {
            // Else a list or a label is not there any more that is still known.
            book.is_frame_old = true;
            book.frame.as_ref().is_some_and(|frame| frame.roles.get(own).is_some_and(|role| role == "editor"))
        };
        if self.with_book(is_editor) { PlankaError::Unavailable { status: 404 } } else { lacks() }
    }
}
