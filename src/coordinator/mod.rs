//! Picks tasks, grants and renews claims, takes reports, recovers what was lost. Knows neither HTTP nor JSON-RPC.
//!
//! [`core`] decides, with plain values. [`mirror`] is what it decides on: the board, claims and agents in memory. A store
//! carries a decision out in one step, if nobody was quicker, with all that goes with it; [`delivery`] brings what that
//! owes to the boards.

mod actor;
mod advice;
pub mod core;
mod decide;
pub mod delivery;
mod error;
mod followed;
mod followed_to;
mod grants;
mod instructions;
mod instructor;
mod listing;
pub mod mirror;
mod people;
mod release;
mod reports;
mod search;
mod service;
mod status;
mod unsettled;
mod upkeep;
mod walk;

pub use advice::{Suggestions, suggestions};
pub use delivery::Deliverer;
pub use error::CoordinatorError;
pub use grants::{Grant, NextTask, NoTask, NoTaskReason, Wish};
pub use instructor::{Brief, Instructor, Outcome, Templates};
pub use listing::{AgentPage, Listing, TaskPage};
pub use reports::{Reported, Said, Speech};
pub use service::{Coordinator, CoordinatorParts, Holding};
pub use status::{BoardSync, Knots, ProjectStatus, RejectedWrite};
