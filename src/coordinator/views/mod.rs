//! What is asked of a workspace and changes nothing: its tasks, its agents, how the project stands.

mod agent_cards;
mod group;
mod history;
mod listing;
mod sight;
mod status;
mod telling;

pub use agent_cards::{AgentCard, AgentCards, AgentStory, StoryEntry};
pub use group::{BoardGroup, BoardGroups, GroupPage, GroupQuery, GroupTask};
pub use history::{TaskHistory, ToldEntry};
pub use listing::{AgentPage, Listing, TaskPage};
pub use sight::{TaskSight, TiedTask};
pub use status::{BoardState, BoardSync, Knots, ProjectStatus, RejectedWrite};
pub use telling::{Telling, is_persons};
