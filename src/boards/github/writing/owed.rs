//! One owed write, brought to the issue it is about.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    boards::{BoardError, github::GithubBoard},
    github::GithubError,
    model::{BoardWrite, OwedWrite, WriteOutcome},
};

/// GitHub does not list at once what it has taken.
pub(super) const SEEN_AFTER: Duration = Duration::from_secs(5);

impl GithubBoard {
    pub(in crate::boards::github) async fn deliver_one(
        &self,
        owed: &OwedWrite,
    ) -> Result<WriteOutcome, BoardError> {
        let entry = &owed.entry;
        let number = self.number_of(&entry.task_id).await.map_err(|error| self.error(error))?;
        let number = number.ok_or(BoardError::NoSuchTask)?;
        let written = match &entry.write {
            BoardWrite::Move { status } => self.deliver_move(owed, number, *status).await,
            BoardWrite::Comment { text, mark } => {
                self.deliver_comment(owed, number, (text, mark.as_ref())).await
            }
            BoardWrite::Progress { generation, text, mark } => {
                self.deliver_progress(owed, number, *generation, (text, mark.as_ref())).await
            }
        };
        written.map_err(|error| {
            if matches!(error, GithubError::Unsure(_)) {
                self.delivered.unsure.insert(entry.id.clone(), Instant::now());
            }
            match error {
                // What is locked or archived takes nothing, however often it is asked.
                GithubError::Forbidden { message, .. } if is_for_good(&message) => {
                    BoardError::Rejected { reason: message }
                }
                other => self.error(other),
            }
        })
    }
}

fn is_for_good(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["locked", "archived", "read-only"].iter().any(|word| message.contains(word))
}
