//! Who may come in.

pub mod key_lists;
pub mod keys;
pub mod one_time_codes;
mod redis_keys;
mod redis_processes;
pub mod sessions;
pub mod sign_outs;
pub mod webhooks;
