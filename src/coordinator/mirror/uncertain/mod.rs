//! What cannot be said yet of a task: whether a reading of it is behind, what a difference to what was written means, and whether
//! the board tells of a claim that the records do not.

mod absence;
mod lag;
mod unsettled;
mod untold;

pub(in crate::coordinator) use absence::StoreAbsence;
pub(in crate::coordinator) use unsettled::UnsettledTasks;
pub(super) use untold::Untold;
