//! The methods of the protocol: one table of them, and what each does for a call.

mod completion;
mod discovery;
mod initialize;
mod input;
mod listen;
mod lists;
mod params;
mod prompts;
mod resources;
mod table;
mod tools;

pub(super) use params::Params;
pub(super) use table::Method;
pub use table::method_names;
