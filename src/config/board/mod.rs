//! Which board the agents work and how long they hold a task; what only one kind of board asks for has a file
//! of its own.

mod github;
mod linear;
mod local;
mod planka;
mod settings;
mod statuses;
mod unused;

pub use github::{GithubBoardSettings, Offer};
pub use linear::{LinearBoardSettings, LinearCredentialSettings};
pub use local::LocalBoardSettings;
pub use planka::{PlankaBoardSettings, PlankaCredential, PlankaName};
pub use settings::{BoardProvider, BoardSettings};
pub use statuses::StatusNames;
