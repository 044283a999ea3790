//! The mirror: a workspace's board, claims and agents in memory, with an index of what can be granted, so that choosing
//! a task asks nobody. It may lag behind the stores; whoever acts on it does so under the records' versions.

mod card;
mod cycles;
mod follow;
mod look;
mod offers;
mod order;
mod picture;
mod place;
mod ready;
mod terms;
mod waiting;

pub use card::{Standing, TaskCard};
pub use cycles::cycles;
pub use follow::{Looked, Mirror, Mirrors};
pub use look::on_board;
pub use offers::Offer;
pub use order::{AGE_STEP_MILLIS, Order};
pub use picture::{Counts, Picture};
pub use place::TaskPlace;
