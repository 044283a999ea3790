//! What is written down for later: the audit log, events, the store's time and usage.

mod archive;
mod audit;
mod events;
mod links;
mod news;
mod records;
mod streams;
mod time;
mod time_watch;
mod usage;
mod usage_hours;

pub(super) use news::NewsReader;
pub(super) use time_watch::TimeWatch;
