//! What happened and how it goes, in figures and rows: calls, who did what, what the gateway depends on.

pub mod audit;
pub mod health;
pub mod usage;
