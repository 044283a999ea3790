//! taskgate: an MCP gateway that hands AI agents the right next task off the board their team already uses.
//!
//! The map, from the edge down. Arrows run only downwards; `tests/structure.rs` holds that.
//!
//! - [`cli`]: arguments and commands, up to an exit code.
//! - [`app`]: puts the parts together as the settings say, and starts the jobs that run beside calls.
//! - [`http`]: every HTTP page: MCP, administration, accounts, health, documents. The only room that names
//!   axum.
//! - [`stdio`]: MCP over standard input and output, for an agent on this machine.
//! - [`mcp`]: the protocol: messages, revisions, sessions, methods and what is sent to a client unasked.
//! - [`tools`]: what agents can call. The one seam between JSON and types.
//! - [`prompts`]: what a person picks from a client's menu.
//! - [`resources`]: what a client can read and watch.
//! - [`coordinator`]: who may do which task until when: it decides, commits, and brings the board's own
//!   changes in.
//! - [`reviews`]: what is said about pull requests, and answers to it.
//! - [`boards`]: what a board has to be able to do, and the boards there are.
//! - [`github`]: the API of GitHub, with each caller's own token.
//! - [`auth`]: keys, who is calling, and what they may.
//! - [`limits`]: how often and how much at once.
//! - [`stores`]: what a store has to be able to do, and the stores there are.
//! - [`net`]: the one way out to other machines.
//! - [`telemetry`]: log lines, metrics, traces, usage, and the log of what agents did.
//! - [`secrets`]: the only room that touches the bytes of a key that seals, hashes or proves.
//! - [`config`]: settings from all their sources, with every fault at once.
//! - [`clock`]: what time it is, for everybody, so that tests can say so.
//! - [`shutdown`]: how the process ends: what may still finish, and by when.
//! - [`log_context`]: the call or the job that a log line belongs to, and its place in a trace.
//! - [`model`]: the words all rooms share: tasks, agents, claims, principals, calls, records.

pub mod app;
pub mod auth;
pub mod boards;
pub mod cli;
pub mod clock;
pub mod config;
pub mod coordinator;
pub mod github;
pub mod http;
pub mod limits;
pub mod log_context;
pub mod mcp;
pub mod model;
pub mod net;
pub mod prompts;
pub mod resources;
pub mod reviews;
pub mod secrets;
pub mod shutdown;
pub mod stdio;
pub mod stores;
pub mod telemetry;
pub mod tools;
