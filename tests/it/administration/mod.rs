//! Keys, secrets and the audit log.

mod archives;
mod audit_log;
mod keys;
mod released_agents;
mod secret_keys;
mod secrets_at_rest;
pub mod secrets_everywhere;
