//! What is asked of a workspace and changes nothing: its tasks, its agents, how the project stands.

mod listing;
mod sight;
mod status;

pub use listing::{AgentPage, Listing, TaskPage};
pub use sight::{TaskSight, TiedTask};
pub use status::{BoardState, BoardSync, Knots, ProjectStatus, RejectedWrite};
