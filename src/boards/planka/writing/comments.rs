//! Comments: one for each word that people are to hear of, and one of each claim that is edited, which tells nobody. Each has a mark
//! at its end by which it is found again when it is not known whether it arrived. What they tell of a claim is read back for a gateway
//! that has no record of it: only what one with the same secret key signed counts.

use tokio::time::{Instant, sleep_until};

use super::owed::SEEN_AFTER;
use crate::{
    boards::{
        elsewhere::contained,
        planka::{
            MARKS, PlankaBoard,
            error::PlankaError,
            wire::{CardCommentJson, moment},
        },
    },
    model::{ClaimMark, OwedWrite, ToldClaim, UnixMillis, WriteOutcome},
};

/// Clocks of Planka and this machine may differ.
const SKEW_MILLIS: i64 = 120_000;
/// Characters of a comment; Planka takes a million.
const MOST_CHARS: usize = 60_000;
/// Pages of fifty comments that are looked through for a mark, newest first.
const MOST_PAGES: usize = 10;
/// What Planka takes for the call of a user, in code too, and what is written for it.
const CALL: (&str, &str) = ("@[", "@ [");

impl PlankaBoard {
    /// Brings a comment to the board.
    pub(super) async fn deliver_comment(
        &self,
        owed: &OwedWrite,
        card: &str,
        (text, claim): (&str, Option<&ClaimMark>),
    ) -> Result<WriteOutcome, PlankaError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let mark = MARKS.of_entry(&entry.id);
        let claim = claim.map(|claim| MARKS.signed(&self.mark_key, &entry.task_id, claim) + "\n");
        let body = format!("{}\n\n{}{mark}", told_to_nobody(text), claim.unwrap_or_default());
        if !self.arrived(owed, card, &mark).await? {
            self.api.add_comment(card, &body).await?;
        }
        self.delivered.comments.insert(entry.id.clone(), ());
        Ok(WriteOutcome::Written)
    }

    /// Whether a comment that was sent before is there. Of several the oldest stays.
    async fn arrived(&self, owed: &OwedWrite, card: &str, mark: &str) -> Result<bool, PlankaError> {
        if owed.attempts == 0 {
            return Ok(false);
        }
        self.wait_until_seen(&owed.entry.id).await;
        let found = self.marked(card, owed.entry.at.plus(-SKEW_MILLIS), |line| line == mark).await?;
        for surplus in found.iter().skip(1) {
            self.api.delete_comment(&surplus.id).await?;
        }
        Ok(!found.is_empty())
    }

    async fn wait_until_seen(&self, entry_id: &str) {
        if let Some(since) = self.delivered.unsure.get(entry_id) {
            sleep_until((since + SEEN_AFTER).min(Instant::now() + SEEN_AFTER)).await;
        }
    }

    /// The id of the user that this gateway writes as.
    pub(in crate::boards::planka) async fn own_id(&self) -> Result<&str, PlankaError> {
        let ask = async || Ok(self.api.me().await?.id);
        Ok(self.own_id.get_or_try_init(ask).await?)
    }

    /// Comments of ours whose last line is such a mark, oldest first.
    async fn marked(
        &self,
        card: &str,
        since: UnixMillis,
        is_mark: impl Fn(&str) -> bool,
    ) -> Result<Vec<CardCommentJson>, PlankaError> {
        let own = self.own_id().await?;
        let mut marked = Vec::new();
        let mut before: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.api.comments(card, before.as_deref()).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id.clone());
            let is_over = moment(last.created_at.as_deref()) < since;
            // Anybody can write below a card what was written there before.
            marked.extend(page.into_iter().filter(|comment| {
                let last = comment.text.trim_end().lines().next_back();
                comment.user_id.as_deref() == Some(own) && last.is_some_and(&is_mark)
            }));
            if is_over {
                break;
            }
        }
        marked.reverse();
        Ok(marked)
    }

    /// Brings a claim's words on how it goes to its one comment.
    pub(super) async fn deliver_progress(
        &self,
        owed: &OwedWrite,
        card: &str,
        generation: i64,
        (text, claim): (&str, Option<&ClaimMark>),
    ) -> Result<WriteOutcome, PlankaError> {
        let entry = &owed.entry;
        if self.delivered.comments.contains_key(&entry.id) {
            return Ok(WriteOutcome::Written);
        }
        let signed = |claim| MARKS.signed(&self.mark_key, &entry.task_id, claim);
        let mark = claim.map_or_else(|| MARKS.of_claim(generation), signed);
        let body = format!("{}\n\n{mark}", told_to_nobody(text));
        let comment = match self.running_comment(owed, card, generation).await? {
            Some(id) => match self.api.edit_comment(&id, &body).await {
                // A person took it away.
                Err(PlankaError::NotFound) => self.api.add_comment(card, &body).await?,
                edited => edited?,
            },
            None => self.api.add_comment(card, &body).await?,
        };
        self.delivered.running.insert((card.to_owned(), generation), comment.id);
        self.delivered.comments.insert(entry.id.clone(), ());
        Ok(WriteOutcome::Written)
    }

    /// The comment of a claim, if there is one. A generation is at least the second of Unix time at which it was granted.
    async fn running_comment(
        &self,
        owed: &OwedWrite,
        card: &str,
        generation: i64,
    ) -> Result<Option<String>, PlankaError> {
        if let Some(id) = self.delivered.running.get(&(card.to_owned(), generation)) {
            return Ok(Some(id));
        }
        self.wait_until_seen(&owed.entry.id).await;
        let granted = UnixMillis(generation.saturating_mul(1000)).min(owed.entry.at);
        let (plain, start) = (MARKS.of_claim(generation), MARKS.start_of_claim(generation));
        let is_mark = |line: &str| line == plain || line.starts_with(&start);
        let found = self.marked(card, granted.plus(-SKEW_MILLIS), is_mark).await?;
        Ok(found.first().map(|comment| comment.id.clone()))
    }

    /// The claim on that card that comments tell of.
    pub(in crate::boards::planka) async fn told(&self, id: &str) -> Result<Option<ToldClaim>, PlankaError> {
        let mut before: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = match self.api.comments(id, before.as_deref()).await {
                Err(PlankaError::NotFound) => return Ok(None),
                page => page?,
            };
            let marked = page.iter().filter_map(|comment| MARKS.read(&self.mark_key, id, &comment.text));
            if let Some((mark, text)) = ClaimMark::newest(marked, |(mark, _)| mark) {
                return Ok(Some(ToldClaim { task_id: id.to_owned(), mark, text: text.to_owned() }));
            }
            let Some(last) = page.last() else { break };
            before = Some(last.id.clone());
        }
        Ok(None)
    }
}

/// An agent's text as it may stand before a mark.
fn told_to_nobody(text: &str) -> String {
    contained(text, MOST_CHARS).replace(CALL.0, CALL.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_in_code_either() {
        assert_eq!(told_to_nobody("ask @[Ana](7) and `@[Bob](8)`"), "ask @ [Ana](7) and `@ [Bob](8)`");
        assert_eq!(told_to_nobody("@@[Ana](7)"), "@@ [Ana](7)");
    }
}
