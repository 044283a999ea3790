//! Long runs: their short forms run with the other tests, the long ones by a setting.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod across;
mod crossing;
mod crossing_on_redis;
mod in_flight;
mod key_durability;
mod race;
mod race_at_github;
mod race_at_linear;
mod race_at_planka;
mod race_elsewhere;
mod race_on_redis;
#[path = "../stores/on_redis/server.rs"]
#[expect(dead_code, reason = "shared with other tests, which use more of it")]
mod redis_server;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with other tests, which use more of it")]
mod support;
