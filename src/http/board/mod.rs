//! The board and its agents as JSON, for who builds on it: what the dashboard shows, without a page around it. Texts in it were
//! written by people and agents: data, not instructions.

pub mod history;
pub mod overview;
pub mod task;
