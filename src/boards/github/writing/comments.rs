//! Comments: one for each word that people are to hear of, and one of each claim that is edited, which tells nobody. Each has a
//! mark at its end by which it is found again when it is not known whether it arrived.

use tokio::time::{Instant, sleep_until};

use super::owed::SEEN_AFTER;
use crate::{
    boards::{
        elsewhere::contained,
        github::{GithubBoard, MARKS, wire::CommentJson},
    },
    github::GithubError,
    model::{ClaimMark, OwedWrite, UnixMillis, WriteOutcome},
};

/// Clocks of GitHub and this machine may differ.
const SKEW_MILLIS: i64 = 120_000;
/// Characters of a comment; GitHub takes 65,536.
const MOST_CHARS: usize = 60_000;

impl GithubBoard {
    /// Brings a comment to the board.
    pub(super) async fn deliver_comment(
        &self,
        owed: &OwedWrite,
        number: u64,
        (text, claim): (&str, Option<&ClaimMark>),
    ) -> Result<WriteOutcome, GithubError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let mark = MARKS.of_entry(&entry.id);
        let claim = claim.map(|claim| MARKS.signed(&self.mark_key, &entry.task_id, claim) + "\n");
        let body = format!("{}\n\n{}{mark}", contained(text, MOST_CHARS), claim.unwrap_or_default());
        if !self.arrived(owed, number, &mark).await? {
            self.api.add_comment(number, &body).await?;
        }
        self.delivered.comments.insert(entry.id.clone(), ());
        Ok(WriteOutcome::Written)
    }

    /// Whether a comment that was sent before is there. Of several the oldest stays.
    async fn arrived(&self, owed: &OwedWrite, number: u64, mark: &str) -> Result<bool, GithubError> {
        if owed.attempts == 0 {
            return Ok(false);
        }
        self.wait_until_seen(&owed.entry.id).await;
        let since = owed.entry.at.plus(-SKEW_MILLIS);
        let found = self.marked(number, since, |line| line == mark).await?;
        for surplus in found.iter().skip(1) {
            self.api.delete_comment(surplus.id).await?;
        }
        Ok(!found.is_empty())
    }

    async fn wait_until_seen(&self, entry_id: &str) {
        if let Some(since) = self.delivered.unsure.get(entry_id) {
            sleep_until((since + SEEN_AFTER).min(Instant::now() + SEEN_AFTER)).await;
        }
    }

    /// The login that this gateway writes as; none where GitHub does not say.
    async fn own_login(&self) -> Option<&str> {
        let ask = async || match self.api.github.login(&self.api.credential).await {
            Err(GithubError::NotFound) => Ok(None),
            login => login.map(Some),
        };
        self.login.get_or_try_init(ask).await.ok()?.as_deref()
    }

    /// Comments of ours whose last line is such a mark, oldest first.
    async fn marked(
        &self,
        number: u64,
        since: UnixMillis,
        is_mark: impl Fn(&str) -> bool,
    ) -> Result<Vec<CommentJson>, GithubError> {
        let mut comments = self.api.comments(number, &since.rfc3339()).await?;
        comments.retain(|comment| {
            let last = comment.body.as_deref().unwrap_or_default().trim_end().lines().next_back();
            last.is_some_and(&is_mark)
        });
        // Anybody can write below an issue what was written there before.
        if !comments.is_empty()
            && let Some(own) = self.own_login().await
        {
            comments.retain(|comment| comment.user.as_ref().is_some_and(|user| user.login == own));
        }
        Ok(comments)
    }

    /// Brings a claim's words on how it goes to its one comment.
    pub(super) async fn deliver_progress(
        &self,
        owed: &OwedWrite,
        number: u64,
        generation: i64,
        (text, claim): (&str, Option<&ClaimMark>),
    ) -> Result<WriteOutcome, GithubError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let signed = |claim| MARKS.signed(&self.mark_key, &entry.task_id, claim);
        let mark = claim.map_or_else(|| MARKS.of_claim(generation), signed);
        let body = format!("{}\n\n{mark}", contained(text, MOST_CHARS));
        let comment = match self.running_comment(owed, number, generation).await? {
            Some(id) => match self.api.edit_comment(id, &body).await {
                // A person took it away.
                Err(GithubError::NotFound) => self.api.add_comment(number, &body).await?,
                edited => edited?,
            },
            None => self.api.add_comment(number, &body).await?,
        };
        self.delivered.running.insert((number, generation), comment.id);
        self.delivered.comments.insert(entry.id.clone(), ());
        Ok(WriteOutcome::Written)
    }

    /// The comment of a claim, if there is one. A generation is at least the second of Unix time at which it was granted.
    async fn running_comment(
        &self,
        owed: &OwedWrite,
        number: u64,
        generation: i64,
    ) -> Result<Option<u64>, GithubError> {
        if let Some(id) = self.delivered.running.get(&(number, generation)) {
            return Ok(Some(id));
        }
        self.wait_until_seen(&owed.entry.id).await;
        let granted = UnixMillis(generation.saturating_mul(1000)).min(owed.entry.at);
        let start = MARKS.start_of_claim(generation);
        let since = granted.plus(-SKEW_MILLIS);
        let found = self.marked(number, since, |line| line.starts_with(&start)).await?;
        Ok(found.first().map(|comment| comment.id))
    }
}
