//! A fake of a board elsewhere with the person at it, as the tests need it that are the same for every such board.

use std::sync::Arc;

use taskgate::boards::Board;

use crate::{office::HandClock, person::Person};

/// The second at which fakes begin whose time is set by hand.
pub const BEGIN_SECONDS: i64 = 1_700_000_000;

pub trait Host: Person {
    type Board: Board + 'static;

    /// The board as a process has it.
    fn open(&self, clock: Arc<HandClock>) -> Self::Board;

    /// Has the fake's clock stand at [`BEGIN_SECONDS`], each change taking its least time, and its lists lag if they ever do.
    fn stands_still(&self);

    /// Puts a task there that may be offered.
    fn file(&self, title: &str);

    /// Puts a task there that a person has begun; its id.
    fn file_begun(&self, title: &str) -> String;

    /// The lag is over for what was done by now.
    fn catch_up(&self) {}

    /// What was sent to webhooks since the last time this was asked: events with their bodies.
    fn deliveries(&self) -> Vec<(String, String)>;

    /// Writes of the gateway since the last time this was asked.
    fn writes(&self) -> usize;

    /// Requests of the gateway since the last time this was asked.
    fn requests(&self) -> usize;

    /// Comments on a task with their marks, oldest first.
    fn texts(&self, task_id: &str) -> Vec<String>;

    /// Somebody else says that.
    fn says(&self, task_id: &str, text: &str);

    /// Ids of the tasks that do not stand as done.
    fn unfinished(&self) -> Vec<String>;
}
