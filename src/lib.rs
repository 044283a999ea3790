//! taskgate: an MCP gateway that hands AI agents the right next task off the board their team already uses.
//!
//! The map, from the edge down. Arrows run only downwards; `tests/structure.rs` holds that.

pub mod cli;

pub mod app;

pub mod http;

pub mod stdio;

pub mod mcp;

pub mod tools;

pub mod prompts;

pub mod resources;

pub mod coordinator;

pub mod boards;

pub mod github;

pub mod auth;

pub mod limits;

pub mod stores;

pub mod net;

pub mod telemetry;

pub mod secrets;

pub mod config;

pub mod clock;

pub mod shutdown;

pub mod log_context;

pub mod model;
