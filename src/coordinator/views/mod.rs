//! What is asked of a workspace and changes nothing: its tasks, its agents, how the project stands.

mod agent_cards;
mod find;
mod group;
mod history;
mod idle;
mod listing;
mod needs;
mod overview;
mod sight;
mod status;
mod telling;

pub use agent_cards::{AgentCard, AgentCards, AgentStory, StoryEntry};
pub use find::{Found, FoundThings};
pub use group::{BoardGroup, BoardGroups, GroupPage, GroupQuery, GroupTask};
pub use history::{TaskHistory, ToldEntry};
pub use idle::IdleReason;
pub use listing::{AgentPage, Listing, TaskPage};
pub use needs::{Need, NeedItem, Needs, listed};
pub use overview::{AgentLane, Overview};
pub use sight::{TaskSight, TiedTask};
pub use status::{BoardState, BoardSync, ProjectStatus};
pub use telling::{Telling, is_persons};
