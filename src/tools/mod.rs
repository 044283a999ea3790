//! What agents can do. One file per tool family; [`catalog`] is the list of all; `schema` is the one place
//! where JSON becomes types, `tool` where types become JSON. A tool never knows which era or transport it answers.

mod agents;
mod annotations;
pub mod catalog;
mod error;
mod leases;
mod next;
mod pages;
mod ping;
mod registry;
mod reports;
mod schema;
mod status;
mod tasks;
mod tool;
mod views;

pub use annotations::Annotations;
pub use error::ToolError;
pub use registry::Registry;
pub use schema::MirroredArgument;
pub use tool::{Running, Tool, ToolOutput};
