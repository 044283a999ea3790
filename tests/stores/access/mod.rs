//! Who may come in.

pub mod keys;
pub mod one_time_codes;
pub mod sessions;
pub mod sign_outs;
pub mod webhooks;
