//! A move: the state and the label that says blocked are changed in one step. What stands so already is left alone. A person who was
//! quicker wins, and what a person closed stays closed.

use serde_json::json;

use crate::{
    boards::{
        elsewhere::is_persons,
        linear::{
            LinearBoard,
            book::LinearBook,
            client::LinearError,
            frame::{says_blocked, status_of_state},
            issue::LinearIssue,
        },
    },
    model::{OwedWrite, TaskStatus, WriteOutcome},
};

impl LinearBoard {
    /// Brings a move to the board.
    pub(super) async fn deliver_move(
        &self,
        owed: &OwedWrite,
        status: TaskStatus,
    ) -> Result<WriteOutcome, LinearError> {
        let task_id = &owed.entry.task_id;
        if self.delivered.moves.get(task_id).is_some_and(|newest| newest >= owed.sequence) {
            return Ok(WriteOutcome::Written);
        }
        let standing = |book: &mut LinearBook| book.task(task_id).map(|task| task.status);
        let before = self.with_book(standing);
        self.read_anew(std::slice::from_ref(task_id)).await?;
        let (now, issue) = self.with_book(|book| (standing(book), book.issue(task_id).cloned()));
        let (Some(now), Some(issue)) = (now, issue) else { return Err(LinearError::NotFound) };
        if is_persons(before, now, status) {
            return Ok(WriteOutcome::Superseded);
        }
        self.bring(&issue, status).await?;
        self.delivered.moves.insert(task_id.clone(), owed.sequence);
        Ok(WriteOutcome::Written)
    }

    /// Brings an issue to a status.
    pub(super) async fn bring(&self, issue: &LinearIssue, status: TaskStatus) -> Result<(), LinearError> {
        let (stands, state) = self.with_book(|book| {
            let stands = status_of_state(&book.names, &issue.state.name, &issue.state.kind);
            let frame = book.frame.as_ref();
            (
                stands,
                frame.and_then(|frame| frame.state_for(&book.names, status)).map(|state| state.id.clone()),
            )
        });
        let blocked = self.with_book(|book| {
            let says = issue.labels.iter().filter(|label| says_blocked(&book.names, &label.name));
            says.map(|label| label.id.clone()).collect::<Vec<_>>()
        });
        let mut input = json!({});
        if stands != status {
            match state {
                Some(state) => input["stateId"] = json!(state),
                None if status == TaskStatus::Blocked && blocked.is_empty() => {
                    let label = self.blocked_label().await?;
                    let others = issue.labels.iter().map(|label| &label.id);
                    input["removedLabelIds"] = json!(self.of_its_group(&label, others));
                    input["addedLabelIds"] = json!([label]);
                    // A label says nothing of what is closed.
                    if let Some(open) = self.reopened(stands) {
                        input["stateId"] = json!(open);
                    }
                }
                None if status == TaskStatus::Blocked => {}
                None => return Err(self.no_state(status)),
            }
        }
        if status != TaskStatus::Blocked && !blocked.is_empty() {
            input["removedLabelIds"] = json!(blocked);
        }
        if input.as_object().is_some_and(|input| !input.is_empty()) {
            let changed = self.api.update_issue(&issue.id, &input).await?;
            self.with_book(|book| {
                if let Some(changed) = changed {
                    book.put(changed);
                }
                book.settle();
            });
        }
        Ok(())
    }

    /// The state of an issue that is opened again.
    fn reopened(&self, stands: TaskStatus) -> Option<String> {
        self.with_book(|book| {
            let frame = book.frame.as_ref().filter(|_| stands.is_closed())?;
            frame.state_for(&book.names, TaskStatus::Todo).map(|state| state.id.clone())
        })
    }

    /// The state in which a new issue of that status is made.
    pub(super) fn first_state(&self, status: TaskStatus) -> Result<Option<String>, LinearError> {
        let state = |status| {
            self.with_book(|book| {
                let frame = book.frame.as_ref()?;
                frame.state_for(&book.names, status).map(|state| state.id.clone())
            })
        };
        match state(status) {
            None if status == TaskStatus::Blocked => Ok(state(TaskStatus::Todo)),
            None => Err(self.no_state(status)),
            found => Ok(found),
        }
    }

    fn no_state(&self, status: TaskStatus) -> LinearError {
        let team = self.with_book(|book| book.frame.as_ref().map(|frame| frame.team_key.clone()));
        let message = format!(
            "team {} has no state that is read as {status}: add one, or name one by TASKGATE_BOARD_STATUSES",
            team.unwrap_or_default()
        );
        LinearError::Rejected { message }
    }
}
