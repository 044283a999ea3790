//! The mirror: a workspace's board, claims and agents in memory, with an index of what can be granted, so that choosing
//! a task asks nobody. It may lag behind the stores; whoever acts on it does so under the records' versions.

mod candidates;
mod card;
mod dependents;
mod follow;
mod followed_to;
mod line;
mod order;
mod overlook;
mod picture;
mod place;
mod queries;
mod reading;
mod ready;
mod reason;
mod standings;
mod terms;
mod uncertain;
mod workspace;

pub use candidates::Candidate;
pub use card::{Standing, TaskCard};
pub use follow::Mirrors;
pub(super) use followed_to::FollowedTo;
pub use line::TaskChoice;
pub use order::{AGE_STEP_MILLIS, Order};
pub use picture::Picture;
pub use place::{GroupPlace, TaskPlace};
pub use queries::{LookerWords, on_board};
pub use reading::BoardReading;
pub use reason::Reason;
pub use standings::{NoTaskReason, StandingCounts};
pub(super) use uncertain::UnsettledTasks;
pub use workspace::Mirror;
