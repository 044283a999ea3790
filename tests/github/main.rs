//! The client of GitHub against servers that answer as GitHub does, at its best and at its worst.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod apps;
mod crossing;
mod faults;
mod lists;
mod quotas;
mod recorded_limits;
mod stand_in;
mod tls_proxy;
