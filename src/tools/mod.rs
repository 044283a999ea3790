//! What agents can do. One file per tool family; [`catalog`] is the list of all. A [`Tool`] says what one is and does;
//! `schema` is the one place where JSON becomes types, [`Registry`] where a tool is found and started. A tool never knows
//! which era or transport it answers.

mod about;
mod agents;
pub mod catalog;
mod error;
mod leases;
mod next;
mod pages;
mod ping;
mod pull_requests;
mod registry;
mod reports;
mod schema;
mod status;
mod tasks;
mod tool;
mod views;

pub use about::{About, Annotations};
pub use error::ToolError;
pub use pull_requests::FetchArguments;
pub use registry::{RegisteredTool, Registry, Running};
pub use schema::MirroredArgument;
pub use tool::{Tool, ToolAnswer, ToolOutput};
pub use views::{BlockerView, ReasonView, TaskView};
