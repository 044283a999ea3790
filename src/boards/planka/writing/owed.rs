//! What is owed to the board, one write at a time.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    boards::{
        BoardError,
        elsewhere::deliver,
        planka::{PlankaBoard, error::PlankaError},
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
                let meant = self.of_card(error, &id).await;
                Err(self.error(meant))
            }
        }
    }

    /// What the failure of a write to a card means. To who is no member of its board Planka says that the card is not there.
    pub(super) async fn of_card(&self, error: PlankaError, id: &str) -> PlankaError {
        let is_there = match &error {
            PlankaError::NotFound => matches!(self.api.card(id).await, Ok(Some(_))),
            PlankaError::Forbidden { .. } => true,
            _ => false,
        };
        if is_there { PlankaError::Forbidden { message: LACKS_RIGHTS.to_owned() } } else { error }
    }
}
