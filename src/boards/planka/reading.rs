//! Reading the board: all of it at once, with its tag, or a card by itself. One reading of all at a time.

use std::sync::PoisonError;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    board::PlankaBoard,
    book::CardBook,
    error::PlankaError,
    exchange::PATIENCE,
    frame::Frame,
    wire::{CardJson, PlankaItem},
};

/// Requests about single cards at once.
const AT_ONCE: usize = 4;
/// Cards of other boards that are asked for by one reading.
const MOST_LINKED: usize = 200;
/// Cards that are read by themselves; more of them are read with the board.
const MOST_ALONE: usize = 4;

impl PlankaBoard {
    pub(super) fn with_book<T>(&self, look: impl FnOnce(&mut CardBook) -> T) -> T {
        look(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the board as it is now. A reading that was begun since is as good.
    pub(super) async fn read_board(&self) -> Result<(), PlankaError> {
        let asked = self.with_book(|book| book.readings());
        let turn = tokio::time::timeout(PATIENCE, self.turn.lock()).await;
        let _turn = turn.map_err(|_| PlankaError::StillReading)?;
        if self.with_book(|book| book.was_read_since(asked)) {
            return Ok(());
        }
        let id = self.board_id().await?;
        let (reading, etag) = self.with_book(CardBook::begin_reading);
        match self.api.board(&id, etag.as_deref()).await {
            Err(PlankaError::NotFound) => return Err(self.no_board(&id).await),
            Err(other) => return Err(other),
            Ok(None) => self.with_book(|book| book.is_as_known(reading)),
            Ok(Some(whole)) => self.with_book(|book| book.put_board(reading, whole)),
        }
        let frame = self.with_book(|book| book.frame.clone());
        frame.as_ref().map_or(Ok(()), |frame| self.is_in_project(frame))?;
        self.read_strangers(&id).await
    }

    /// Reads what the board's answer does not have: linked cards that are on other boards, or put away.
    async fn read_strangers(&self, board_id: &str) -> Result<(), PlankaError> {
        let unknown = self.with_book(|book| book.unknown_linked());
        let read: Vec<_> =
            unknown.into_iter().take(MOST_LINKED).map(|id| self.read_one(board_id, id)).collect();
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Reads what is needed to know what a card means, if nothing was read yet.
    pub(super) async fn know_the_board(&self) -> Result<(), PlankaError> {
        if self.with_book(|book| book.frame.is_some()) { Ok(()) } else { self.read_board().await }
    }

    async fn read_one(&self, board_id: &str, id: String) -> Result<(), PlankaError> {
        let readings = self.with_book(|book| book.readings());
        let card = self.api.card(&id).await?;
        self.with_book(|book| match card {
            Some(card) => book.put_card(board_id, readings, card),
            None => book.is_none(&id, false),
        });
        Ok(())
    }

    /// Reads a card anew; what is none (any more) leaves the book.
    pub(super) async fn read_card(&self, id: &str) -> Result<(), PlankaError> {
        self.know_the_board().await?;
        let board_id = self.board_id().await?;
        let readings = self.with_book(|book| book.readings());
        let card = self.api.card(id).await?;
        let is_here = |card: &&PlankaItem<CardJson>| card.item.board_id == board_id;
        let is_unclear = card.as_ref().filter(is_here).is_some_and(|card| {
            let knows = |frame: &Frame| frame.knows(&card.item.list_id, &card.included);
            !self.with_book(|book| book.frame.as_ref().is_some_and(knows))
        });
        // To who does not see the board (any more) no card is there either.
        if card.is_none() || is_unclear || self.with_book(|book| book.is_frame_old) {
            self.read_board().await?;
        }
        self.with_book(|book| match card {
            Some(card) => book.put_card(&board_id, readings, card),
            None => book.is_none(id, false),
        });
        self.read_strangers(&board_id).await
    }

    /// Reads these cards anew.
    pub(super) async fn read_cards(&self, ids: &[String]) -> Result<(), PlankaError> {
        if ids.len() > MOST_ALONE {
            return self.read_board().await;
        }
        let read: Vec<_> = ids.iter().map(|id| self.read_card(id)).collect();
        stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await
    }
}
