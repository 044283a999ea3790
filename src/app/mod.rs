//! The composition root: settings -> stores, boards, services -> transports and jobs.

mod audit_anchor;
mod audit_head;
mod boards;
mod conditions;
mod dashboard;
mod dependencies;
mod error;
mod figures;
mod github;
mod jobs;
mod limits;
mod others;
mod secret_check;
mod services;
mod start;
mod store_look;
mod store_probe;
mod stores;
mod vitals;

pub use audit_anchor::anchors;
pub use error::StartError;
pub use figures::count_from_now;
pub use services::{Services, features};
pub use start::{FirstKey, Shown, first_start, open_when_there};
pub use store_look::look_at_store;
pub use stores::{StoreFinding, back_up, must_be_a_file, must_be_there};
