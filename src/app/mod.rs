//! The composition root: settings -> stores, boards, services -> transports and jobs.

mod audit_anchor;
mod audit_head;
mod boards;
mod conditions;
mod dashboard;
mod dependencies;
mod error;
mod figures;
mod first_start;
mod github;
mod jobs;
mod secret_check;
mod services;
mod store_probe;
mod stores;
mod vitals;

pub use audit_anchor::anchors;
pub use error::StartError;
pub use figures::count_from_now;
pub use first_start::{FirstKey, Shown, first_start};
pub use services::{Services, features};
pub use stores::{back_up, must_be_there};
