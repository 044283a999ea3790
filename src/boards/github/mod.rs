//! The board that GitHub keeps: the issues of one repository, and a project beside them that says how they stand. What is read
//! is kept as it was last seen; every list is asked for with its tag, so that an idle board costs nothing.

mod api;
mod board;
mod book;
mod check;
mod compose;
mod error;
mod issue;
mod labels;
mod project;
mod reading;
mod relations;
mod text;
mod told;
mod webhook;
mod wire;
mod writing;

pub use board::GithubBoard;
