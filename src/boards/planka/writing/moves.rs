//! A move: the card goes behind the last one of the list that says the status; labels say what no list does. A person who was quicker
//! wins.

use tokio::time::sleep;

use super::owed::SEEN_AFTER;
use crate::{
    boards::{
        elsewhere::is_persons,
        planka::{PlankaBoard, book::CardBook, error::PlankaError},
    },
    model::{OwedWrite, TaskStatus, WriteOutcome},
};

/// Colours of labels that say a status.
const STATUS_COLOR: &str = "dark-granite";
const BLOCKED_COLOR: &str = "berry-red";
/// Space between two labels, as Planka leaves it.
const LABEL_GAP: u32 = 65_536;

impl PlankaBoard {
    /// Brings a move to the board.
    pub(super) async fn deliver_move(
        &self,
        owed: &OwedWrite,
        id: &str,
        status: TaskStatus,
    ) -> Result<WriteOutcome, PlankaError> {
        let task_id = &owed.entry.task_id;
        if self.delivered.moves.get(task_id).is_some_and(|newest| newest >= owed.sequence) {
            return Ok(WriteOutcome::Written);
        }
        let standing = |book: &mut CardBook| book.task(id).map(|task| task.status);
        let before = self.with_book(standing);
        self.read_card(id).await?;
        let now = self.with_book(standing).ok_or(PlankaError::NotFound)?;
        if is_persons(before, now, status) {
            return Ok(WriteOutcome::Superseded);
        }
        self.bring(id, status).await?;
        self.delivered.moves.insert(task_id.clone(), owed.sequence);
        Ok(WriteOutcome::Written)
    }

    /// Brings a card to a status, step by step; a step that is done already is left out.
    pub(super) async fn bring(&self, id: &str, status: TaskStatus) -> Result<(), PlankaError> {
        let plan = self.with_book(|book| {
            let (frame, card) = (book.frame.as_ref()?, book.card(id)?);
            Some(book.plan(frame, card, status))
        });
        let plan = plan.ok_or(PlankaError::NotFound)?;
        let plan = plan.map_err(|message| PlankaError::Rejected { status: 422, message })?;
        if let Some((list, position)) = &plan.list {
            self.api.move_card(id, list, *position).await?;
        }
        if let Some(label) = &plan.label {
            let color = if status == TaskStatus::Blocked { BLOCKED_COLOR } else { STATUS_COLOR };
            self.put_label(id, label, color).await?;
        }
        for label in &plan.surplus {
            self.api.remove_label(id, label).await?;
        }
        if plan != super::plan::MovePlan::default() {
            // What was written is read, so that an older answer does not count.
            self.read_card(id).await?;
        }
        Ok(())
    }

    /// Puts a label on a card, which is made if the board does not have it.
    pub(super) async fn put_label(&self, id: &str, name: &str, color: &str) -> Result<(), PlankaError> {
        let known = |book: &mut CardBook| Some(book.frame.as_ref()?.label_id(name)?.to_owned());
        let label = match self.with_book(known) {
            Some(label) => label,
            None => self.make_label(name, color).await?,
        };
        self.api.add_label(id, &label).await
    }

    /// The id of a label that this process did not know. Planka takes several of one name, so it is looked for before it is made, and
    /// after an answer that was lost.
    async fn make_label(&self, name: &str, color: &str) -> Result<String, PlankaError> {
        let known = |book: &mut CardBook| Some(book.frame.as_ref()?.label_id(name)?.to_owned());
        self.read_board().await?;
        if let Some(label) = self.with_book(known) {
            return Ok(label);
        }
        let board = self.board_id().await?;
        let others = self.with_book(|book| book.frame.as_ref().map_or(0, |frame| frame.labels.len()));
        let position = f64::from(LABEL_GAP) * f64::from(u32::try_from(others).unwrap_or(u32::MAX) + 1);
        match self.api.create_label(&board, (name, color), position).await {
            Err(error @ PlankaError::Unsure(_)) => {
                sleep(SEEN_AFTER).await;
                self.read_board().await?;
                self.with_book(known).ok_or(error)
            }
            made => {
                let made = made?;
                self.with_book(|book| book.know_label(&made.id, name));
                Ok(made.id)
            }
        }
    }
}
