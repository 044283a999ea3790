//! The composition root: settings -> stores, boards, services -> transports.

mod background;
mod error;
mod first_start;
mod foundation;
mod snippets;

pub use error::StartError;
pub use first_start::{FirstKey, first_start};
pub use foundation::{Foundation, offer};
pub use snippets::{Client, snippet};
