//! The board of Linear behind the seam.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    api::LinearApi,
    book::LinearBook,
    client::{LinearClient, LinearError},
    webhook,
};
use crate::{
    boards::{
        Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, Entail, TouchedTask,
        elsewhere::{Delivered, deliver},
    },
    clock::Clock,
    config::{LinearBoardSettings, StatusNames},
    model::{NewTask, OwedWrite, Task, TaskStatus, ToldClaim, WriteOutcome},
    net::HttpClient,
    secrets::MarkKey,
};

/// Where people see it.
const PAGES: &str = "https://linear.app";

/// The issues of a team.
pub struct LinearBoard {
    pub(super) api: LinearApi,
    /// The key or the id of the team, as the settings have it.
    pub(super) team: String,
    /// The id of a project, or the end of its address.
    pub(super) project: Option<String>,
    pub(super) book: Mutex<LinearBook>,
    /// One reading of lists at a time.
    turn: tokio::sync::Mutex<()>,
    pub(super) delivered: Delivered<String, String>,
    pub(super) clock: Arc<dyn Clock>,
    /// What marks of claims are signed with.
    pub(super) mark_key: MarkKey,
}

impl LinearBoard {
    /// The board that the settings name.
    pub fn new(
        client: HttpClient,
        settings: &LinearBoardSettings,
        names: StatusNames,
        (clock, mark_key): (Arc<dyn Clock>, MarkKey),
    ) -> Self {
        Self {
            api: LinearApi(LinearClient::new(client, settings, Arc::clone(&clock))),
            team: settings.team.clone(),
            project: settings.project.clone(),
            book: Mutex::new(LinearBook::new(names)),
            turn: tokio::sync::Mutex::default(),
            delivered: Delivered::default(),
            clock,
            mark_key,
        }
    }

    /// The id of the issue that a name means: its id, its key, one it had in another team, or its URL. Also whether it was read for
    /// that.
    pub(super) async fn id_of(&self, name: &str) -> Result<Option<(String, bool)>, LinearError> {
        let name = name.trim();
        let name = name.split_once("/issue/").map_or(name, |(_, rest)| rest);
        let name = name.split(['/', '?', '#']).next().unwrap_or_default();
        if let Ok(id) = Uuid::try_parse(name) {
            return Ok(Some((id.to_string(), false)));
        }
        if let Some(id) = self.with_book(|book| book.id_of(name)) {
            return Ok(Some((id, false)));
        }
        let Some((team, number)) = key(name) else { return Ok(None) };
        let is_own = self.with_book(|book| {
            book.frame.as_ref().is_some_and(|frame| frame.team_key.eq_ignore_ascii_case(team))
        });
        if is_own {
            return Ok(self.read_number(number).await?.map(|id| (id, true)));
        }
        Ok(self.api.issue_id(&name.to_uppercase()).await?.map(|id| (id, false)))
    }
}

/// The team's key and the number of an issue's key, such as `ENG-7`.
fn key(name: &str) -> Option<(&str, u64)> {
    let (team, number) = name.rsplit_once('-')?;
    let is_key = team.starts_with(|c: char| c.is_ascii_alphabetic())
        && team.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse().ok().filter(|_| is_key && is_number).map(|number| (team, number))
}

#[async_trait]
impl Board for LinearBoard {
    fn provider(&self) -> &'static str {
        "linear"
    }

    fn describe(&self) -> BoardDescription {
        let provider = self.provider();
        self.with_book(|book| {
            let Some(frame) = &book.frame else {
                let (name, url) = (format!("team {}", self.team), Some(PAGES.to_owned()));
                return BoardDescription { provider, name, url, statuses: TaskStatus::ALL.to_vec() };
            };
            let team = format!("team {}", frame.team_key);
            let page = format!("{PAGES}/{}/team/{}/all", frame.url_key, frame.team_key);
            let (name, url) = match &frame.project {
                Some(project) => (format!("{team}, project {}", project.name), project.url.clone()),
                None => (team, page),
            };
            BoardDescription { provider, name, url: Some(url), statuses: frame.shown(&book.names) }
        })
    }

    fn whole_every(&self) -> Duration {
        self.whole_pause()
    }

    /// The ids of the workspace, the team and the project, which stay whatever those are called.
    async fn identity(&self) -> Result<String, BoardError> {
        self.know_the_frame().await?;
        self.with_book(|book| {
            let frame = book.frame.as_ref().ok_or(BoardError::NoSuchTask)?;
            let project = frame.project.as_ref().map(|project| format!("/{}", project.id));
            Ok(format!("linear:{}/{}{}", frame.organization, frame.team, project.unwrap_or_default()))
        })
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        let _turn = self.turn.lock().await;
        self.report().await
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        let _turn = self.turn.lock().await;
        let place = since.filter(|since| self.with_book(|book| book.knows(since)));
        match place {
            Some(_) => self.read_changes().await.map_err(LinearError::of_board)?,
            None => self.read_whole().await?,
        }
        Ok(self.with_book(|book| book.changes(place)))
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        self.know_the_frame().await?;
        let ids: Vec<_> = ids.iter().filter(|id| Uuid::try_parse(id).is_ok()).cloned().collect();
        self.read_anew(&ids).await.map_err(LinearError::of_board)?;
        Ok(self.with_book(|book| ids.iter().filter_map(|id| book.task(id)).collect()))
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        self.know_the_frame().await?;
        let Some((id, was_read)) = self.id_of(id_or_key).await.map_err(LinearError::of_board)? else {
            return Ok(None);
        };
        let unread = if was_read { &[] } else { std::slice::from_ref(&id) };
        self.read_anew(unread).await.map_err(LinearError::of_board)?;
        Ok(self.with_book(|book| book.task(&id)))
    }

    async fn told_claim(&self, id: &str) -> Result<Option<ToldClaim>, BoardError> {
        self.told(id).await.map_err(LinearError::of_board)
    }

    async fn create(&self, task: &NewTask, once: &str, _: &Entail<'_>) -> Result<Created, BoardError> {
        self.make(task, once).await
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        deliver(owed, |owed| Box::pin(self.deliver_one(owed))).await
    }

    fn received(&self, event: &str, payload: &[u8]) -> Option<Vec<TouchedTask>> {
        self.with_book(|book| webhook::touched(event, payload, book))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_that_of_a_team_with_a_number() {
        assert_eq!(key("ENG-12"), Some(("ENG", 12)));
        assert_eq!(key("a1_b-3"), Some(("a1_b", 3)));
        for other in ["no-such-task", "ENG-", "-3", "ENG-+3", "12", "1E-3", "EN G-3"] {
            assert_eq!(key(other), None, "{other}");
        }
    }
}
