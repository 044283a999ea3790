//! Gateways on a real Redis: starting on it, and what is answered while it is away.

mod asking;
mod away;
mod boards;
mod fake;
mod fixtures;
mod link;
mod metrics;
mod newest;
mod paused;
mod secrets;
#[path = "../../stores/on_redis/server.rs"]
#[expect(dead_code, reason = "shared with other tests, which use more of it")]
mod server;
mod sse;
mod start;
mod streams;
mod together;
mod went_back;

use std::{net::TcpListener, process::Command, sync::Arc};

use crate::support::{ADMIN, BINARY, Gateway};

pub const SECRET: &str = "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE";

/// A gateway on that Redis.
fn gateway(url: &str) -> Gateway {
    gateway_with(url, &[])
}

/// The same with these settings on top.
fn gateway_with(url: &str, more: &[(&str, &str)]) -> Gateway {
    let settings = [("REDIS_URL", url), ("MCP_SECRET_KEY", SECRET), ("MCP_ADMIN_TOKEN", ADMIN)];
    let settings = [&settings[..], more].concat();
    Gateway::run(Command::new(BINARY), Arc::new(tempfile::tempdir().unwrap()), &settings)
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
