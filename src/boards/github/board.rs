//! The board of GitHub behind the seam.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::{api::IssuesApi, book::Book, error::board_error, webhook, wire::repository_of};
use crate::{
    boards::{
        Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, Entail, TouchedTask,
        elsewhere::{Delivered, deliver},
    },
    clock::Clock,
    config::{GithubBoardSettings, StatusNames},
    github::{Credential, Github, GithubError},
    model::{NewTask, OwedWrite, Task, TaskStatus, ToldClaim, WriteOutcome},
    secrets::MarkKey,
};

/// The issues of a repository.
pub struct GithubBoard {
    pub(super) api: IssuesApi,
    pub(super) project_number: Option<u32>,
    pub(super) book: Mutex<Book>,
    /// One reading of lists at a time.
    turn: tokio::sync::Mutex<()>,
    pub(super) delivered: Delivered<u64, u64>,
    pub(super) clock: Arc<dyn Clock>,
    /// The login that it writes as, once that was asked for.
    pub(super) login: tokio::sync::OnceCell<Option<String>>,
    /// What marks of claims are signed with.
    pub(super) mark_key: MarkKey,
}

impl GithubBoard {
    /// The board that the settings name, asked as that credential.
    pub fn new(
        github: Github,
        credential: Credential,
        settings: &GithubBoardSettings,
        names: StatusNames,
        (clock, mark_key): (Arc<dyn Clock>, MarkKey),
    ) -> Self {
        let (owner, repo) = (settings.owner.clone(), settings.repo.clone());
        let book = Book::new(names, settings.offer, settings.project.is_some());
        Self {
            api: IssuesApi { github, credential, owner, repo },
            project_number: settings.project,
            book: Mutex::new(book),
            turn: tokio::sync::Mutex::default(),
            delivered: Delivered::default(),
            clock,
            login: tokio::sync::OnceCell::new(),
            mark_key,
        }
    }

    pub(super) fn error(&self, error: GithubError) -> BoardError {
        board_error(error, self.clock.now())
    }

    /// The number of the issue that a name means: its node id, `#12`, `12`, `owner/repo#12` or its URL.
    pub(super) async fn number_of(&self, name: &str) -> Result<Option<u64>, GithubError> {
        let name = name.trim();
        if let Some(number) = self.with_book(|book| book.number(name)) {
            return Ok(Some(number));
        }
        if let Some(number) = self.number_in(name) {
            return Ok(Some(number));
        }
        // Those of GitHub look so; nothing else is asked for.
        if !(name.starts_with("I_") || name.starts_with("MDU6SXNzdWU")) {
            return Ok(None);
        }
        let found = self.api.number_of(name).await?;
        let repo = self.with_book(|book| book.repo.as_ref().map(|repo| repo.node_id.clone()));
        Ok(found.filter(|(_, of)| repo.is_none_or(|repo| repo == *of)).map(|(number, _)| number))
    }

    /// Whether `owner/repo` is this repository, by its present name or the configured one.
    fn is_own(&self, place: &str) -> bool {
        let own = format!("{}/{}", self.api.owner, self.api.repo);
        let full = self.with_book(|book| book.repo.as_ref().map(|repo| repo.full_name.clone()));
        [Some(own), full].iter().flatten().any(|own| own.eq_ignore_ascii_case(place))
    }

    fn number_in(&self, name: &str) -> Option<u64> {
        let (place, number) = match name.rsplit_once("/issues/") {
            Some((url, number)) => (repository_of(url)?, number.split(['#', '?']).next()?),
            None => {
                let (place, number) = name.split_once('#').unwrap_or(("", name));
                (place.to_owned(), number)
            }
        };
        let number = number.parse().ok().filter(|number| *number > 0)?;
        (place.is_empty() || self.is_own(&place)).then_some(number)
    }
}

#[async_trait]
impl Board for GithubBoard {
    fn provider(&self) -> &'static str {
        "github"
    }

    fn describe(&self) -> BoardDescription {
        let name = format!("{}/{}", self.api.owner, self.api.repo);
        let url = format!("https://{}/{name}/issues", self.api.credential.host());
        BoardDescription {
            provider: self.provider(),
            name: self
                .project_number
                .map_or_else(|| name.clone(), |number| format!("{name}, project {number}")),
            url: Some(url),
            statuses: TaskStatus::ALL.to_vec(),
        }
    }

    /// The repository's node id, which stays when it is renamed.
    async fn identity(&self) -> Result<String, BoardError> {
        let known = self.with_book(|book| book.repo.clone());
        let repo = match known {
            Some(repo) => repo,
            None => self.api.repo().await.map_err(|error| self.error(error))?,
        };
        Ok(format!("github:{}/{}", self.api.credential.host(), repo.node_id))
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        let _turn = self.turn.lock().await;
        self.report().await
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        let _turn = self.turn.lock().await;
        let place = since.filter(|since| self.with_book(|book| book.place(since)).is_some());
        match place {
            Some(_) => self.read_changes().await.map_err(|error| self.error(error))?,
            None => self.read_whole().await?,
        }
        Ok(self.with_book(|book| book.changes(place)))
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        let mut numbers = Vec::with_capacity(ids.len());
        for id in ids {
            numbers.extend(self.number_of(id).await.map_err(|error| self.error(error))?);
        }
        self.read_anew(numbers.clone()).await.map_err(|error| self.error(error))?;
        Ok(self.with_book(|book| numbers.iter().filter_map(|number| book.task(*number)).collect()))
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        let Some(number) = self.number_of(id_or_key).await.map_err(|error| self.error(error))? else {
            return Ok(None);
        };
        self.read_anew(vec![number]).await.map_err(|error| self.error(error))?;
        Ok(self.with_book(|book| book.task(number)))
    }

    async fn told_claim(&self, id: &str) -> Result<Option<ToldClaim>, BoardError> {
        self.told(id).await.map_err(|error| self.error(error))
    }

    async fn create(&self, task: &NewTask, once: &str, _: &Entail<'_>) -> Result<Created, BoardError> {
        self.make(task, once).await
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        deliver(owed, |owed| Box::pin(self.deliver_one(owed))).await
    }

    fn received(&self, event: &str, payload: &[u8]) -> Option<Vec<TouchedTask>> {
        let project = self.with_book(|book| book.project.as_ref().map(|project| project.id.clone()));
        // One that was not read yet may be any.
        let is_project = |id: Option<&str>| {
            self.project_number.is_some() && project.as_deref().is_none_or(|project| id == Some(project))
        };
        webhook::touched(event, payload, |repository| self.is_own(repository), is_project)
    }
}
