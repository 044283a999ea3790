//! A board elsewhere whose picture is kept for all processes on a store: one of them reads it, the others read what it read. Who cannot
//! be told reads for itself; a picture is never waited for longer than that takes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, TouchedTask, board::Entail,
};
use crate::{
    clock::Clock,
    model::{Causes, NewTask, OwedWrite, StoreMillis, Task, ToldClaim, Workspace, WriteOutcome},
    stores::{BoardPictureStore, DeliveryLease, FollowerStore, PictureExtent, PictureUpdate, StoreError},
};

/// How long nobody else reads the whole board while one does.
const WHOLE_MILLIS: i64 = 30_000;
/// How long the one that does is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Beyond two periods: a reading takes a while, too.
const SLACK_MILLIS: i64 = 5_000;
/// The place of who read the picture and never the board.
const FROM_PICTURE: &str = "picture";

/// Where pictures are kept, and for whom.
pub struct SharedPictures {
    /// The pictures.
    pub pictures: Arc<dyn BoardPictureStore>,
    /// Who reads a whole board is one of these.
    pub followers: Arc<dyn FollowerStore>,
    /// Times readings.
    pub clock: Arc<dyn Clock>,
    /// This process among those on the store.
    pub instance: String,
    /// How often a board is asked what changed. A picture that was not for twice as long is no one's.
    pub refresh_millis: i64,
}

/// A board with its shared picture.
pub(super) struct SharedBoard {
    board: Arc<dyn Board>,
    /// Which one it is by our own settings, before anything was heard of it.
    name: String,
    workspace: Workspace,
    shared: Arc<SharedPictures>,
    /// The newest place in the board's history that it gave this process.
    place: Mutex<Option<Cursor>>,
}

impl SharedBoard {
    pub(super) fn new(board: Arc<dyn Board>, workspace: Workspace, shared: Arc<SharedPictures>) -> Self {
        let name = format!("{} {}", board.provider(), board.describe().place());
        Self { board, name, workspace, shared, place: Mutex::default() }
    }

    fn place(&self) -> Option<Cursor> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the board itself, and keeps what it says for all.
    async fn ask(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        let read_at = self.shared.clock.store_now();
        let changes = self.board.changes(since).await?;
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(changes.cursor.clone());
        let extent = if changes.is_whole { PictureExtent::Whole } else { PictureExtent::Changed };
        self.keep(read_at, (&changes.tasks, &changes.gone), extent).await;
        Ok(changes)
    }

    /// The board has been read, whether or not that can be kept.
    async fn keep(&self, read_at: StoreMillis, (tasks, gone): (&[Task], &[String]), extent: PictureExtent) {
        let update = PictureUpdate { board: &self.name, read_at, tasks, gone, extent };
        if let Err(error) = self.shared.pictures.put_picture(&self.workspace, update).await {
            tracing::debug!(error = %Causes(&error), "the picture of the board is not kept for other gateways");
        }
    }

    /// The whole board as it was read, by whomever, unless that is too long ago.
    async fn pictured(&self, whole_within: Option<Duration>) -> Result<Option<Changes>, StoreError> {
        let SharedPictures { pictures, clock, refresh_millis, .. } = &*self.shared;
        let now = clock.store_now();
        let Some(age) = pictures.picture_age(&self.workspace).await? else { return Ok(None) };
        let is_late = |from: StoreMillis, millis: i64| from.plus(millis) < now;
        let whole_millis = whole_within.map_or(i64::MAX, |within| within.as_millis() as i64);
        if age.board != self.name
            || is_late(age.read_at, refresh_millis * 2 + SLACK_MILLIS)
            || age.whole_at.0.saturating_add(whole_millis) < now.0
        {
            return Ok(None);
        }
        let tasks =
            pictures.pictured(&self.workspace, None).await?.into_iter().map(|(task, _)| task).collect();
        let cursor = self.place().unwrap_or_else(|| Cursor(FROM_PICTURE.to_owned()));
        Ok(Some(Changes { tasks, gone: Vec::new(), is_whole: true, cursor, read_at: Some(age.read_at) }))
    }

    /// The whole board, from the picture if that will do.
    async fn whole(&self) -> Result<Changes, BoardError> {
        let unkept = |error: &StoreError| {
            tracing::debug!(error = %Causes(error), "the picture of the board cannot be read");
        };
        match self.pictured(Some(self.board.whole_every())).await {
            Ok(Some(changes)) => return Ok(changes),
            Ok(None) => {}
            Err(error) => {
                unkept(&error);
                return self.ask(None).await;
            }
        }
        if !self.takes_reading(WHOLE_MILLIS).await
            && let Ok(Some(changes)) = self.read_by_another().await.inspect_err(unkept)
        {
            return Ok(changes);
        }
        let changes = self.ask(None).await;
        // Whoever waits for it looks again, and reads it or does it in our place.
        self.takes_reading(0).await;
        changes
    }

    /// What another process reads now, or read before: a picture that is soon to be made anew is better than none.
    async fn read_by_another(&self) -> Result<Option<Changes>, StoreError> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let pictured = self.pictured(None).await?;
            if pictured.is_some() || tokio::time::Instant::now() >= until {
                return Ok(pictured);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Whether no other process reads the whole board. From then on none does for so long.
    async fn takes_reading(&self, millis: i64) -> bool {
        let now = self.shared.clock.store_now();
        let lease = DeliveryLease { instance: self.shared.instance.clone(), now, until: now.plus(millis) };
        let name = format!("whole:{}", self.workspace.as_str());
        let taken = self.shared.followers.take_follower(&self.workspace, &name, &lease).await;
        !matches!(taken, Ok(None))
    }
}

/// Those ids that are none of these tasks'.
fn missing(ids: &[String], tasks: &[Task]) -> Vec<String> {
    ids.iter().filter(|id| tasks.iter().all(|task| task.id != **id)).cloned().collect()
}

#[async_trait]
impl Board for SharedBoard {
    fn provider(&self) -> &'static str {
        self.board.provider()
    }

    fn describe(&self) -> BoardDescription {
        self.board.describe()
    }

    fn whole_every(&self) -> Duration {
        self.board.whole_every()
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        self.board.check().await
    }

    fn received(&self, event: &str, payload: &[u8]) -> Option<Vec<TouchedTask>> {
        self.board.received(event, payload)
    }

    async fn identity(&self) -> Result<String, BoardError> {
        self.board.identity().await
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        match since {
            Some(Cursor(place)) if place == FROM_PICTURE => self.ask(self.place().as_ref()).await,
            Some(place) => self.ask(Some(place)).await,
            None => self.whole().await,
        }
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        let read_at = self.shared.clock.store_now();
        let tasks = self.board.tasks(ids).await?;
        self.keep(read_at, (&tasks, &missing(ids, &tasks)), PictureExtent::Some).await;
        Ok(tasks)
    }

    async fn told_tasks(&self, ids: &[String]) -> Result<(Vec<Task>, Option<StoreMillis>), BoardError> {
        let pictured = self.shared.pictures.pictured(&self.workspace, Some(ids)).await.unwrap_or_default();
        let read_at = pictured.iter().map(|(_, read_at)| *read_at).min();
        let mut tasks: Vec<_> = pictured.into_iter().map(|(task, _)| task).collect();
        let missing = missing(ids, &tasks);
        if !missing.is_empty() {
            tasks.extend(self.tasks(&missing).await?);
        }
        Ok((tasks, read_at))
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        self.board.find(id_or_key).await
    }

    async fn told_claim(&self, id: &str) -> Result<Option<ToldClaim>, BoardError> {
        self.board.told_claim(id).await
    }

    async fn create(&self, task: &NewTask, once: &str, entail: &Entail<'_>) -> Result<Created, BoardError> {
        let read_at = self.shared.clock.store_now();
        let created = self.board.create(task, once, entail).await?;
        self.keep(read_at, (std::slice::from_ref(&created.task), &[]), PictureExtent::Some).await;
        Ok(created)
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        self.board.write(owed).await
    }
}
