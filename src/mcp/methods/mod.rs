//! The methods of the protocol: which there are, and what each does for a call.

mod completion;
mod input;
mod listen;
mod prompts;
mod resources;
mod route;
mod tools;

pub(super) use route::{Routed, until_cancelled};
