//! What agents can do. One file per tool family; [`catalog`] is the list of all; `arguments` is the one place
//! where JSON becomes types, `tool` where types become JSON. A tool never knows which era or transport it answers.

mod agents;
mod annotations;
mod arguments;
pub mod catalog;
mod error;
mod leases;
mod mirrored;
mod next;
mod pages;
mod ping;
mod registry;
mod reports;
mod status;
mod tasks;
mod tool;
mod views;

pub use annotations::Annotations;
pub use error::ToolError;
pub use mirrored::MirroredArgument;
pub use registry::Registry;
pub use tool::{Running, Tool, ToolOutput};
