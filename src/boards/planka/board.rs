//! The board of Planka behind the seam.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{
    api::PlankaApi, book::CardBook, client::PlankaClient, compose::digits_of, error::PlankaError, webhook,
    wire::is_id,
};
use crate::{
    boards::{
        Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, Entail, TouchedTask,
        elsewhere::Delivered,
    },
    clock::Clock,
    config::{PlankaBoardSettings, PlankaName, StatusNames},
    model::{NewTask, OwedWrite, Task, ToldClaim, WriteOutcome},
    net::HttpClient,
    secrets::MarkKey,
};

/// The cards of a board.
pub struct PlankaBoard {
    pub(super) api: PlankaApi,
    pub(super) settings: PlankaBoardSettings,
    /// The board's id, where it is known by its name and was found.
    found: Mutex<Option<String>>,
    pub(super) book: Mutex<CardBook>,
    /// One reading of everything at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) delivered: Delivered<String, String>,
    clock: Arc<dyn Clock>,
    /// The id of the user that it writes as, once that was asked for.
    pub(super) own_id: tokio::sync::OnceCell<String>,
    /// What marks of claims are signed with.
    pub(super) mark_key: MarkKey,
}

impl PlankaBoard {
    /// The board that the settings name.
    pub fn new(
        client: HttpClient,
        settings: PlankaBoardSettings,
        names: StatusNames,
        (clock, mark_key): (Arc<dyn Clock>, MarkKey),
    ) -> Self {
        let client = PlankaClient::new(client, settings.base_url.clone(), settings.credential.clone(), false);
        let cards_url = format!("{}/cards/", settings.public_url.as_str().trim_end_matches('/'));
        Self {
            api: PlankaApi(client),
            settings,
            found: Mutex::default(),
            book: Mutex::new(CardBook::new(names, cards_url)),
            turn: tokio::sync::Mutex::default(),
            delivered: Delivered::default(),
            clock,
            own_id: tokio::sync::OnceCell::new(),
            mark_key,
        }
    }

    pub(super) fn error(&self, error: PlankaError) -> BoardError {
        error.on_board(self.clock.now())
    }

    /// The id of a board that was found by its name.
    pub(super) fn known_id(&self) -> Option<String> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn know_id(&self, id: Option<String>) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// The board's id, if it is known without asking.
    fn id_at_hand(&self) -> Option<String> {
        match &self.settings.board {
            PlankaName::Id(id) => Some(id.clone()),
            PlankaName::Name(_) => self.known_id(),
        }
    }

    /// The id of the card that a name means: its id, its key or its URL. Of a key that no card is known by, the board is read.
    pub(super) async fn id_of(&self, name: &str) -> Result<Option<String>, PlankaError> {
        let known = |book: &mut CardBook| book.card_named(name).map(str::to_owned);
        let Some(digits) = digits_of(name) else { return Ok(None) };
        if let Some(id) = self.with_book(known) {
            return Ok(Some(id));
        }
        if digits.len() != super::book::KEY_DIGITS {
            let is_id = digits.len() > super::book::KEY_DIGITS && is_id(digits);
            return Ok(is_id.then(|| digits.to_owned()));
        }
        self.read_board().await?;
        Ok(self.with_book(known))
    }

    async fn tasks_of(&self, ids: &[String]) -> Result<Vec<Task>, PlankaError> {
        let mut cards = Vec::with_capacity(ids.len());
        for id in ids {
            cards.extend(self.id_of(id).await?);
        }
        self.read_cards(&cards).await?;
        Ok(self.with_book(|book| cards.iter().filter_map(|id| book.task(id)).collect()))
    }
}

#[async_trait]
impl Board for PlankaBoard {
    fn provider(&self) -> &'static str {
        "planka"
    }

    fn describe(&self) -> BoardDescription {
        let base = self.settings.public_url.as_str().trim_end_matches('/');
        let url = self.id_at_hand().map_or_else(|| base.to_owned(), |id| format!("{base}/boards/{id}"));
        let (shown, statuses) = self.with_book(|book| {
            let shown = book.frame.as_ref().map(|frame| format!("{}/{}", frame.project_name, frame.name));
            (shown, book.shown_statuses())
        });
        let name = shown.unwrap_or_else(|| match (&self.settings.project, &self.settings.board) {
            (Some(PlankaName::Name(project)), PlankaName::Name(board)) => format!("{project}/{board}"),
            (_, board) => format!("board {}", board.as_str()),
        });
        BoardDescription { provider: self.provider(), name, url: Some(url), statuses }
    }

    /// The board's id, which no other has, and which stays when it is renamed or its server moves.
    async fn identity(&self) -> Result<String, BoardError> {
        let id = self.board_id().await.map_err(|error| self.error(error))?;
        Ok(format!("planka:{id}"))
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        self.report().await.map_err(|error| self.error(error))
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        self.read_board().await.map_err(|error| self.error(error))?;
        Ok(self.with_book(|book| book.changes(since)))
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        self.tasks_of(ids).await.map_err(|error| self.error(error))
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        let found = self.tasks_of(&[id_or_key.to_owned()]).await;
        Ok(found.map_err(|error| self.error(error))?.pop())
    }

    async fn told_claim(&self, id: &str) -> Result<Option<ToldClaim>, BoardError> {
        self.told(id).await.map_err(|error| self.error(error))
    }

    async fn create(&self, task: &NewTask, once: &str, _: &Entail<'_>) -> Result<Created, BoardError> {
        self.make(task, once).await.map_err(|error| self.error(error))
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        self.deliver_owed(owed).await
    }

    fn received(&self, event: &str, payload: &[u8]) -> Option<Vec<TouchedTask>> {
        let own = self.id_at_hand();
        // Of one that was not found yet, it may be any.
        let is_own = |board: &str| own.as_deref().is_none_or(|own| own == board);
        let touched = webhook::touched(event, payload, is_own)?;
        Some(self.with_book(|book| book.touched_by(touched)))
    }
}
