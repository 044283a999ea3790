//! Word between gateways by the server's sharded pub/sub: a channel for each gateway, and what goes over it sealed.

mod channel;
mod frame;
mod listening;
mod played;

pub(super) use channel::RedisBus;
