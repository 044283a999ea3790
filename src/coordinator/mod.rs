//! Picks tasks, grants and renews claims, takes reports. Knows neither HTTP nor JSON-RPC.

mod advice;
mod board_view;
mod delivery;
mod error;
mod grants;
mod instructions;
mod reports;
mod selection;
mod service;
mod status;

pub use advice::{Severity, Suggestions, suggestions};
pub use board_view::BoardView;
pub use delivery::Deliverer;
pub use error::CoordinatorError;
pub use grants::{Grant, NextTask, NoTask, NoTaskReason};
pub use reports::{Progress, Reported, Said};
pub use service::Coordinator;
pub use status::ProjectStatus;
