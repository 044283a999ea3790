//! Picks tasks, grants and renews claims, takes reports, recovers what was lost. Knows neither HTTP nor JSON-RPC.
//!
//! [`core`] decides, with plain values. [`mirror`] is what it decides on: the board, claims and agents in memory. A store
//! carries a decision out in one step, if nobody was quicker, with all that goes with it; [`delivery`] brings what that owes
//! to the boards. What people do there is reconciled with the records before anything else is decided about a task.

mod agents;
mod attempt;
mod browse;
mod catch_up;
mod commit;
pub mod core;
mod delivery;
mod error;
mod first_look;
mod grants;
mod guidance;
mod initiator;
mod lease_loss;
mod leases;
pub mod mirror;
mod persons;
mod poller;
mod reconcile;
mod refresh;
mod reports;
mod service;
mod views;

pub use browse::{Knots, RejectedWrite, Seeker};
pub use core::ReportKind;
pub use delivery::{Deliverer, HeldBack};
pub use error::{BoardFailure, CoordinatorError};
pub use grants::{Grant, NextTask, NextTaskRequest, NoTask};
pub use guidance::{Brief, FinishedDependency, Instructor, Suggestions, Templates, suggestions};
pub use mirror::{GroupPlace, NoTaskReason, Reason, Standing, StandingCounts, TaskCard, TaskPlace};
pub use persons::{Acted, PersonAct};
pub use reports::{AcceptedReport, Report};
pub use service::{AgentWithClaim, Coordinator, CoordinatorParts};
pub use views::{
    AgentCard, AgentCards, AgentLane, AgentPage, AgentStory, BoardGroup, BoardGroups, BoardState, BoardSync,
    Found, FoundThings, GroupPage, GroupQuery, GroupTask, IdleReason, Listing, Need, NeedItem, Needs,
    Overview, ProjectStatus, StoryEntry, TaskHistory, TaskPage, TaskSight, Telling, TiedTask, ToldEntry,
    is_persons, listed,
};
