//! What clients are told without having asked for it then: changes they subscribed to, progress and log messages.

mod client_channel;
mod filter;
mod subscriptions;
mod watch_rights;

pub use filter::ListChange;
pub use subscriptions::Subscriptions;

pub(super) use client_channel::StreamChannel;
pub(super) use filter::SubscriptionFilter;
pub(super) use subscriptions::Subscriber;
