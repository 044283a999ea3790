//! What was said, as a caller reads it: JSON items, Markdown or both, cut where a cap bites.

mod fetched;
mod item;
mod markdown;
mod sheet;

pub use fetched::{Fetched, ReviewOutput};
pub(super) use sheet::{Showing, show};
