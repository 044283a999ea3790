//! Agents against gateways that are killed.

pub mod agent;
pub mod checker;
pub mod client;
pub mod history;
pub mod run;
