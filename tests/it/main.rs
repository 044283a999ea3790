//! The gateway as its users meet it: the real binary on a free port, spoken to from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod coordination;
mod dashboard;
mod http;
mod monitoring;
mod on_redis;
mod process;
mod protocol;
mod reviews;
mod support;
