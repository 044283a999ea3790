//! The picture of a board elsewhere that processes on several machines share, so that one of them reads it for all.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{StoreMillis, Task, Workspace};

/// How old a picture is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureAge {
    /// Which board it is of.
    pub board: String,
    /// When that was last asked what changed. Every task is at least as new.
    pub read_at: StoreMillis,
    /// When it was last read as a whole.
    pub whole_at: StoreMillis,
}

/// What was read of a board, which begins at a moment.
#[derive(Clone, Debug)]
pub struct PictureUpdate<'a> {
    /// Which board.
    pub board: &'a str,
    /// When the reading began.
    pub read_at: StoreMillis,
    /// Tasks as they were then; one that is known in a newer version stays.
    pub tasks: &'a [Task],
    /// Ids of tasks that were not there.
    pub gone: &'a [String],
    /// What it makes of the picture as a whole.
    pub extent: PictureExtent,
}

/// How much of a board a reading was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureExtent {
    /// Some tasks: the picture is as old as before.
    Some,
    /// All that changed since it was read before.
    Changed,
    /// All there is. What else the picture had is gone, unless it was read later.
    Whole,
}

/// Pictures of boards elsewhere, one for each workspace. None is a record: what was lost is read again.
#[async_trait]
pub trait BoardPictureStore: Send + Sync {
    /// How old the picture is, if there is one.
    async fn picture_age(&self, workspace: &Workspace) -> Result<Option<PictureAge>, StoreError>;

    /// Those tasks of the picture, or all, each with the moment at which it was read; in no order.
    async fn pictured(
        &self,
        workspace: &Workspace,
        ids: Option<&[String]>,
    ) -> Result<Vec<(Task, StoreMillis)>, StoreError>;

    /// Takes in what was read. What is no whole reading changes nothing where the picture is of another board, or there is none.
    async fn put_picture(&self, workspace: &Workspace, update: PictureUpdate<'_>) -> Result<(), StoreError>;
}
