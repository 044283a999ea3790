//! The board that GitHub keeps: the issues of one repository, and a project beside them that says how they stand. What is read
//! is kept as it was last seen; every list is asked for with its tag, so that an idle board costs nothing.

mod api;
mod board;
mod book;
mod check;
mod compose;
mod error;
mod issue;
mod project;
mod reading;
mod relations;
mod told;
mod webhook;
mod wire;
mod writing;

pub use board::GithubBoard;

use super::elsewhere::MarkForm;

/// What GitHub does not show.
const MARKS: MarkForm = MarkForm { start: "<!-- taskgate:", end: " -->" };
