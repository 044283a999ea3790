//! Agents against gateways that are killed.

mod agent;
mod checker;
pub mod client;
mod history;
mod run;
