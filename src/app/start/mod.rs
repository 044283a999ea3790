//! Starting: waiting for a store that is not there yet, and what a first start makes.

mod first_start;
mod waiting;

pub use first_start::{FirstKey, Shown, first_start};
pub use waiting::open_when_there;
