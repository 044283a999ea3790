//! One owed write, brought to the issue it is about.

use uuid::Uuid;

use crate::{
    boards::{
        BoardError,
        linear::{LinearBoard, client::LinearError},
    },
    model::{BoardWrite, OwedWrite, WriteOutcome},
};

impl LinearBoard {
    pub(in crate::boards::linear) async fn deliver_one(
        &self,
        owed: &OwedWrite,
    ) -> Result<WriteOutcome, BoardError> {
        let entry = &owed.entry;
        if Uuid::try_parse(&entry.task_id).is_err() {
            return Err(BoardError::NoSuchTask);
        }
        // What is wrong with the board as a whole is no fault of the write.
        self.know_the_frame().await.map_err(|error| match error {
            BoardError::Rejected { .. } => BoardError::unavailable(error),
            other => other,
        })?;
        let written = match &entry.write {
            BoardWrite::Move { status } => self.deliver_move(owed, *status).await,
            BoardWrite::Comment { text, mark } => self.deliver_comment(owed, text, mark.as_ref()).await,
            BoardWrite::Progress { generation, text, mark } => {
                self.deliver_progress(owed, *generation, (text, mark.as_ref())).await
            }
        };
        written.map_err(|error| match error {
            // Of the one issue, which holds up no other: a credential that may not write says what scope it lacks.
            LinearError::Forbidden { message } if !message.to_lowercase().contains("scope") => {
                BoardError::Rejected { reason: message }
            }
            other => other.of_board(),
        })
    }
}
