//! What runs beside the calls, one job a file, each with the parts it needs. Nothing works for long without one of them: a
//! job that ends before the soft stop ends the process (see [`Lifecycle`](crate::shutdown::Lifecycle)).

mod activity_log;
mod audit_check;
mod audit_links;
mod boards;
mod events;
mod expiry_alerts;
mod first_look;
mod following;
mod leases;
mod rechecks;
mod reseal;
mod spans;
mod start;
mod store_time;
mod subscribers;
mod sweep;
mod usage;
