//! Where tasks live. A provider is a folder with one [`Board`]; `app/boards.rs` says which one a workspace works on.

mod board;
mod by_workspace;
mod description;
mod elsewhere;
mod error;
mod github;
mod in_time;
mod linear;
mod local;
mod planka;
mod shared;
mod traced;

pub use board::{Board, Changes, Created, Cursor, Entail};
pub use by_workspace::Boards;
pub use description::{BoardDescription, BoardReport, TouchedTask};
pub use error::{BoardCause, BoardError};
pub use github::GithubBoard;
pub use in_time::answer_in_time;
pub use linear::LinearBoard;
pub use local::{LocalBoard, sample_tasks};
pub use planka::{PlankaBoard, PlankaSetup, PlankaWebhook, SetupReport};
pub use shared::SharedPictures;
