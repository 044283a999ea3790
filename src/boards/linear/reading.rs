//! Reading the board: as a whole at first and now and then, else what changed since. One reading at a time; a part that fails fails the
//! reading, which is tried again from what is known.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{board::LinearBoard, book::LinearBook, client::LinearError, issue::moment};
use crate::{boards::BoardError, github::Urgency, model::UnixMillis};

/// Requests about single issues at once.
const AT_ONCE: usize = 4;
/// Issues of a page.
const PER_PAGE: usize = 100;
/// Closed issues are read that changed since.
const CLOSED_MILLIS: i64 = 90 * 86_400_000;
/// What changed so long before the newest change that is known is asked for again: it may have been written later than that.
const OVERLAP_MILLIS: i64 = 10_000;
/// Issues that are read; beyond them a board is not of this kind.
const MOST_ISSUES: usize = 20_000;
/// How often a small board is read as a whole, and how often a large one is.
const WHOLE_SECONDS: (u64, u64) = (600, 3_600);

/// What a list showed.
#[derive(Default)]
struct ListedIssues {
    ids: BTreeSet<String>,
    /// When the newest of them last changed.
    newest: Option<UnixMillis>,
}

impl LinearBoard {
    pub(super) fn with_book<T>(&self, look: impl FnOnce(&mut LinearBook) -> T) -> T {
        look(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A tenth of the hour's requests at most are for readings of the whole.
    pub(super) fn whole_pause(&self) -> Duration {
        let pages = self.with_book(|book| book.issues().count()).div_ceil(PER_PAGE) as u64;
        let (least, most) = WHOLE_SECONDS;
        Duration::from_secs((pages * least / 10).clamp(least, most))
    }

    /// Reads everything: open issues, those that were closed lately, and what became of those that are known.
    pub(super) async fn read_whole(&self) -> Result<(), BoardError> {
        self.read_frame().await?;
        let since = self.clock.now().plus(-CLOSED_MILLIS).rfc3339();
        let mut filter = self.team_filter();
        filter["or"] = json!([
            {"state": {"type": {"nin": ["completed", "canceled", "duplicate"]}}},
            {"updatedAt": {"gte": since}},
        ]);
        if let Some(project) = self.with_book(|book| book.frame.as_ref()?.project.clone()) {
            filter["project"] = json!({"id": {"eq": project.id}});
        }
        let listed = self.read_issues(Urgency::Background, &filter, false).await;
        let ListedIssues { ids: listed, newest } = listed.map_err(LinearError::of_board)?;
        // One that is not listed is closed for long, is somewhere else, or is gone.
        let missing: Vec<_> = self.with_book(|book| {
            book.issues().map(|issue| issue.id.clone()).filter(|id| !listed.contains(id)).collect()
        });
        self.read_each(Urgency::Background, &missing).await.map_err(LinearError::of_board)?;
        self.read_rest(Urgency::Background).await.map_err(LinearError::of_board)?;
        self.with_book(|book| book.note_listed(newest));
        Ok(())
    }

    /// Reads what changed since the newest change that a list has shown, of the whole team: an issue may have left the project.
    pub(super) async fn read_changes(&self) -> Result<(), LinearError> {
        let newest = self.with_book(|book| book.listed_to()).unwrap_or_default();
        let since = UnixMillis(newest.0.max(0)).plus(-OVERLAP_MILLIS).rfc3339();
        let mut filter = self.team_filter();
        filter["updatedAt"] = json!({"gte": since});
        let ListedIssues { newest, .. } = self.read_issues(Urgency::Background, &filter, true).await?;
        self.read_rest(Urgency::Background).await?;
        self.with_book(|book| book.note_listed(newest));
        Ok(())
    }

    /// The filter for the team's issues.
    pub(super) fn team_filter(&self) -> Value {
        let team = self.with_book(|book| book.frame.as_ref().map(|frame| frame.team.clone()));
        json!({"team": {"id": {"eq": team}}})
    }

    /// The issues that a filter finds, which are in the book then as far as they are of this board.
    async fn read_issues(
        &self,
        urgency: Urgency,
        filter: &Value,
        archived: bool,
    ) -> Result<ListedIssues, LinearError> {
        let (mut listed, mut after) = (ListedIssues::default(), None::<String>);
        loop {
            let page = self.api.issues(urgency, filter, (archived, after.as_deref())).await?;
            listed.ids.extend(page.nodes.iter().map(|issue| issue.id.clone()));
            let changes = page.nodes.iter().map(|issue| moment(&issue.updated_at));
            listed.newest = listed.newest.into_iter().chain(changes).max();
            self.with_book(|book| page.nodes.into_iter().for_each(|issue| book.put(issue)));
            let next = page.page_info.end_cursor.filter(|_| page.page_info.has_next_page);
            // A page that leads to itself would be asked for for ever.
            let Some(next) = next.filter(|next| after.as_ref() != Some(next)) else { return Ok(listed) };
            if listed.ids.len() >= MOST_ISSUES {
                tracing::warn!(
                    issues = MOST_ISSUES,
                    "the board has more issues than are read: those that changed long ago are left out"
                );
                return Ok(listed);
            }
            after = Some(next);
        }
    }

    /// Reads each of these issues; what is none (any more) leaves the book.
    async fn read_each(&self, urgency: Urgency, ids: &[String]) -> Result<(), LinearError> {
        let chunks: Vec<_> = ids.chunks(PER_PAGE).map(<[String]>::to_vec).collect();
        let read = chunks.into_iter().map(async |ids| {
            let found = self.read_issues(urgency, &json!({"id": {"in": ids}}), true).await?;
            let gone: Vec<_> = ids.iter().filter(|id| !found.ids.contains(*id)).collect();
            // To who does not see the team (any more) none of its issues is there either.
            if !gone.is_empty() {
                self.sees_the_team().await?;
            }
            self.with_book(|book| gone.into_iter().for_each(|id| book.remove(id)));
            Ok(())
        });
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Reads what lists do not show.
    async fn read_rest(&self, urgency: Urgency) -> Result<(), LinearError> {
        let read = self.with_book(|book| book.cut()).into_iter().map(async |id| {
            match self.api.issue_rest(urgency, &id).await? {
                Some(rest) => self.with_book(|book| book.put_rest(&id, rest)),
                None => self.with_book(|book| book.remove(&id)),
            }
            Ok::<_, LinearError>(())
        });
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.with_book(LinearBook::settle);
        Ok(())
    }

    /// Reads these issues anew with all that is theirs.
    pub(super) async fn read_anew(&self, ids: &[String]) -> Result<(), LinearError> {
        self.read_each(Urgency::Person, ids).await?;
        self.read_rest(Urgency::Person).await
    }

    /// Reads the issue of the team with that number; its id, if there is one.
    pub(super) async fn read_number(&self, number: u64) -> Result<Option<String>, LinearError> {
        let mut filter = self.team_filter();
        filter["number"] = json!({"eq": number});
        let found = self.read_issues(Urgency::Person, &filter, true).await?;
        Ok(found.ids.into_iter().next())
    }
}
