//! What clients are told without having asked for it then: changes they subscribed to, progress and log messages.

mod client_channel;
mod filter;
mod subscriptions;

pub use filter::ListChange;
pub use subscriptions::Hub;

pub(super) use client_channel::Link;
pub(super) use filter::Filter;
pub(super) use subscriptions::Listener;
