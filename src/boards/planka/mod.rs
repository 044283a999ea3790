//! The board that Planka keeps: the cards of one of its boards, whose lists say how they stand. All of it is read at once and asked
//! for with its tag, so that an idle board costs little.

mod api;
mod board;
mod book;
mod card;
mod check;
mod client;
mod compose;
mod error;
mod exchange;
mod frame;
mod place;
mod reading;
mod setup;
mod sign_in;
mod webhook;
mod wire;
mod writing;

pub use board::PlankaBoard;
pub use setup::{PlankaSetup, PlankaWebhook, SetupReport};

/// What Planka does not show of a text: a definition of a Markdown link that nothing refers to.
const MARKS: super::elsewhere::MarkForm =
    super::elsewhere::MarkForm { start: "[//]: # (taskgate:", end: ")" };
