//! Reading the board: as a whole at first and every ten minutes, else what changed since. One reading at a time; each list is asked
//! for with its tag, and a part that fails fails the reading, which is tried again from what is known.

use std::{collections::BTreeSet, sync::PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    board::GithubBoard,
    book::Book,
    project::GithubProject,
    wire::{IssueJson, RepoJson},
};
use crate::{
    boards::BoardError,
    github::{GithubError, Urgency},
    model::UnixMillis,
};

/// Requests about single issues at once.
const AT_ONCE: usize = 4;
/// Closed issues are read that were closed since.
const CLOSED_MILLIS: i64 = 90 * 86_400_000;
/// What changed so long before the newest change that is known is asked for again: GitHub's lists may lag behind.
const OVERLAP_MILLIS: i64 = 10_000;
/// Issues that are read; beyond them a board is not of this kind.
const MOST_ISSUES: usize = 50_000;
/// Issues of texts that are asked for by one reading.
const MOST_NAMED: usize = 500;
/// Pages between two lines of the log.
const TELL_EVERY: usize = 10;

impl GithubBoard {
    pub(super) fn with_book<T>(&self, look: impl FnOnce(&mut Book) -> T) -> T {
        look(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads everything. A repository or a project that is not seen is what is wrong with the board, not a task that is gone.
    pub(super) async fn read_whole(&self) -> Result<(), BoardError> {
        let (repo, labels, project) = self.read_frame().await?;
        self.with_book(|book| {
            book.repo = Some(repo);
            book.labels = labels;
            book.project = project;
            book.touch_all();
        });
        self.read_lists().await.map_err(|error| self.error(error))
    }

    /// What all issues are in: the repository with its labels, and the project.
    async fn read_frame(&self) -> Result<(RepoJson, Vec<String>, Option<GithubProject>), BoardError> {
        let (owner, name) = (&self.api.owner, &self.api.repo);
        let lacks = |what: String, needs: &str| BoardError::Rejected {
            reason: format!(
                "there is no {what}, or the gateway's credential does not see it: it needs {needs}"
            ),
        };
        let (repo, labels) = match tokio::try_join!(self.api.repo(), self.api.labels()) {
            Err(GithubError::NotFound | GithubError::Gone) => {
                let needs = "the permission to read that repository (Metadata and Issues)";
                return Err(lacks(format!("repository {owner}/{name}"), needs));
            }
            read => read.map_err(|error| self.error(error))?,
        };
        if !repo.has_issues {
            let reason = format!("issues are switched off in {owner}/{name}: its settings switch them on");
            return Err(BoardError::Rejected { reason });
        }
        let Some(number) = self.project_number else { return Ok((repo, labels, None)) };
        let project = self.api.project(number).await.map_err(|error| self.error(error))?;
        match project {
            Some(project) => Ok((repo, labels, Some(project))),
            None => Err(lacks(format!("project {number} of {owner}"), "the permission for Projects")),
        }
    }

    /// All open issues and those that were closed lately, with what belongs to them.
    async fn read_lists(&self) -> Result<(), GithubError> {
        let open = [("state", "open"), ("sort", "created"), ("direction", "asc")];
        let (open, newest_open) = self.read_issues(&open).await?;
        let since = self.clock.now().plus(-CLOSED_MILLIS);
        // To the day, so that the list keeps its address and its tag.
        let since = UnixMillis(since.0 - since.0.rem_euclid(86_400_000)).rfc3339();
        let closed = [("state", "closed"), ("sort", "updated"), ("direction", "asc"), ("since", &since)];
        let (_, newest_closed) = self.read_issues(&closed).await?;
        // One that no list has is closed, gone, or so new that a list does not have it yet.
        let missing: Vec<_> = self.with_book(|book| {
            let open_here = book.issues().filter(|issue| issue.closed_as.is_none());
            open_here.map(|issue| issue.number).filter(|number| !open.contains(number)).collect()
        });
        self.read_each(missing, Urgency::Background).await?;
        let blocked = self.with_book(|book| {
            book.issues().filter(|issue| issue.has_blockers).map(|issue| issue.number).collect()
        });
        self.read_rest(blocked).await?;
        self.with_book(|book| book.note_listed(newest_open.max(newest_closed)));
        Ok(())
    }

    /// Reads what changed since the newest change that a list has shown.
    pub(super) async fn read_changes(&self) -> Result<(), GithubError> {
        let newest = self.with_book(|book| book.listed_to()).unwrap_or_default();
        let since = newest.plus(-OVERLAP_MILLIS).rfc3339();
        let changed = [("state", "all"), ("sort", "updated"), ("direction", "asc"), ("since", &since)];
        let (changed, newest) = self.read_issues(&changed).await?;
        let blocked = self.with_book(|book| book.blocked(changed));
        self.read_rest(blocked).await?;
        self.with_book(|book| book.note_listed(newest));
        Ok(())
    }

    /// The numbers of a list's issues, which are in the book then, and when the newest of them last changed.
    async fn read_issues(
        &self,
        query: &[(&str, &str)],
    ) -> Result<(BTreeSet<u64>, Option<UnixMillis>), GithubError> {
        let (mut numbers, mut newest) = (BTreeSet::new(), None);
        let mut page = self.api.issues(query).await?;
        for pages in 1.. {
            numbers.extend(page.items.iter().map(|issue| issue.number));
            newest = newest.into_iter().chain(page.items.iter().map(IssueJson::updated_at)).max();
            self.with_book(|book| page.items.drain(..).for_each(|issue| book.put(issue)));
            let Some(next) = page.next else { break };
            if numbers.len() >= MOST_ISSUES {
                tracing::warn!(
                    issues = MOST_ISSUES,
                    "the board has more issues than are read: the rest is left out"
                );
                break;
            }
            if pages % TELL_EVERY == 0 {
                tracing::info!(issues = numbers.len(), "reading the board");
            }
            page = self.api.more_issues(next).await?;
        }
        Ok((numbers, newest))
    }

    /// Reads what lists do not tell: what issues wait for, what their texts name, and the project's items.
    async fn read_rest(&self, blocked: Vec<u64>) -> Result<(), GithubError> {
        self.read_blockers(blocked).await?;
        let named = self.with_book(|book| book.unknown_named());
        self.read_each(named.into_iter().take(MOST_NAMED).collect(), Urgency::Background).await?;
        if let Some(project) = self.with_book(|book| book.project.clone()) {
            let items = self.api.items(&project).await?;
            let lost = self.with_book(|book| book.put_items(items));
            self.read_each(lost, Urgency::Background).await?;
        }
        self.with_book(Book::settle);
        Ok(())
    }

    /// Reads what each of these issues waits for.
    pub(super) async fn read_blockers(&self, numbers: Vec<u64>) -> Result<(), GithubError> {
        let read = numbers.into_iter().map(async |number| {
            let blockers = self.api.blocked_by(number).await?;
            self.with_book(|book| book.put_blockers(number, blockers));
            Ok(())
        });
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Reads each of these issues; what is none (any more) leaves the book.
    pub(super) async fn read_each(&self, numbers: Vec<u64>, urgency: Urgency) -> Result<(), GithubError> {
        let read = numbers.into_iter().map(async |number| {
            match self.api.issue(number, urgency).await? {
                Some(issue) if issue.number == number => self.with_book(|book| book.put(issue)),
                _ => self.with_book(|book| {
                    book.remove(number);
                    book.is_none(number);
                }),
            }
            Ok(())
        });
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Reads these issues anew with all that is theirs.
    pub(super) async fn read_anew(&self, numbers: Vec<u64>) -> Result<(), GithubError> {
        self.read_each(numbers.clone(), Urgency::Person).await?;
        let blocked = self.with_book(|book| book.blocked(numbers.iter().copied()));
        self.read_blockers(blocked).await?;
        if let Some(project) = self.with_book(|book| book.project.clone()) {
            let ids: Vec<_> = self.with_book(|book| {
                numbers.iter().filter_map(|number| Some(book.issue(*number)?.id.clone())).collect()
            });
            let read = ids.into_iter().map(async |id| {
                let item = self.api.item_of(&project, &id).await?;
                self.with_book(|book| book.put_item(&id, item));
                Ok::<_, GithubError>(())
            });
            stream::iter(read).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
        self.with_book(Book::settle);
        Ok(())
    }
}
