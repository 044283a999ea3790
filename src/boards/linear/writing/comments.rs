//! Comments: one for each word that people are to hear of, and one of each claim that is edited, which tells nobody. An id that Linear
//! has already says that the comment arrived before.

use serde_json::json;

use super::{ids::derived, mark::mark_line, mentions::said};
use crate::{
    boards::linear::{LinearBoard, api::CommentPlaceJson, client::LinearError},
    model::{ClaimMark, OwedWrite, WriteOutcome},
};

/// Comments that one claim, or one word, may need: of those that people took away, the id is not free again.
const MOST_TRIES: u32 = 5;

/// What became of a comment that was to be made.
enum MadeComment {
    New,
    /// It was there.
    There,
    /// It was there, and somebody took it away.
    Gone,
    /// Something else has its id.
    Others,
}

impl LinearBoard {
    /// Brings a comment to the board.
    pub(super) async fn deliver_comment(
        &self,
        owed: &OwedWrite,
        text: &str,
        claim: Option<&ClaimMark>,
    ) -> Result<WriteOutcome, LinearError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let body = self.body(&entry.task_id, text, claim).await?;
        for number in 0..MOST_TRIES {
            let id = derived(&["comment", &entry.task_id, &entry.id, &number.to_string()]);
            // One that people took away has been heard.
            if !matches!(self.make_comment(&entry.task_id, &id, &body).await?, MadeComment::Others) {
                self.delivered.comments.insert(entry.id.clone(), ());
                return Ok(WriteOutcome::Written);
            }
        }
        Err(LinearError::Taken)
    }

    /// Brings a claim's words on how it goes to its one comment.
    pub(super) async fn deliver_progress(
        &self,
        owed: &OwedWrite,
        generation: i64,
        (text, claim): (&str, Option<&ClaimMark>),
    ) -> Result<WriteOutcome, LinearError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let body = self.body(&entry.task_id, text, claim).await?;
        let running = (entry.task_id.clone(), generation);
        let is_edited = match self.delivered.running.get(&running) {
            Some(id) => self.edit(&id, &body).await?,
            None => false,
        };
        if !is_edited {
            let id = self.say_anew(&entry.task_id, generation, &body).await?;
            self.delivered.running.insert(running, id);
        }
        self.delivered.comments.insert(entry.id.clone(), ());
        Ok(WriteOutcome::Written)
    }

    /// Makes the comment of a claim, or edits the one that is there; its id.
    async fn say_anew(&self, task_id: &str, generation: i64, body: &str) -> Result<String, LinearError> {
        let generation = generation.to_string();
        for number in 0..MOST_TRIES {
            let id = derived(&["claim", task_id, &generation, &number.to_string()]);
            let is_said = match self.make_comment(task_id, &id, body).await? {
                MadeComment::New => true,
                MadeComment::There => self.edit(&id, body).await?,
                MadeComment::Gone | MadeComment::Others => false,
            };
            if is_said {
                return Ok(id);
            }
        }
        let message = String::from("the comment of this claim was taken away again and again");
        Err(LinearError::Rejected { message })
    }

    /// Whether that comment has the text now; else it is not there any more, or is another user's, as after a change of the credential.
    async fn edit(&self, id: &str, body: &str) -> Result<bool, LinearError> {
        match self.api.update_comment(id, body).await {
            Ok(()) => Ok(true),
            Err(LinearError::NotFound | LinearError::Forbidden { .. } | LinearError::Rejected { .. }) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn make_comment(&self, task_id: &str, id: &str, body: &str) -> Result<MadeComment, LinearError> {
        let input = json!({"id": id, "issueId": task_id, "body": body, "doNotSubscribeToIssue": true});
        match self.api.create_comment(&input).await {
            Ok(()) => Ok(MadeComment::New),
            Err(LinearError::Taken) => Ok(match self.api.comment(id).await? {
                None => MadeComment::Gone,
                Some(CommentPlaceJson { issue: Some(issue) }) if issue.id == task_id => MadeComment::There,
                Some(_) => MadeComment::Others,
            }),
            Err(error) => Err(error),
        }
    }

    async fn body(
        &self,
        task_id: &str,
        text: &str,
        claim: Option<&ClaimMark>,
    ) -> Result<String, LinearError> {
        let Some(claim) = claim else { return Ok(said(text)) };
        let url = || self.with_book(|book| book.issue(task_id).map(|issue| issue.url.clone()));
        if url().is_none() {
            self.read_anew(&[task_id.to_owned()]).await?;
        }
        let url = url().ok_or(LinearError::NotFound)?;
        Ok(format!("{}\n\n{}", said(text), mark_line(&self.mark_key, (task_id, &url), claim)))
    }
}
