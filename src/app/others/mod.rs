//! Other gateways on the store: joining them, and answering what they ask.

mod hearing;

pub(super) use hearing::Hearing;
