//! The built-in board: its tasks, and what of them changed.

mod changes;
mod tasks;

#[cfg(test)]
pub(in crate::stores::sqlite) use changes::PLACE;
