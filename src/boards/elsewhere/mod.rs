//! What boards that others keep have in common: how their labels and texts are read, how what agents say is put on them, and how it is
//! found again. Nothing here asks anybody.

mod agent_text;
mod batch;
mod delivered;
mod journal;
pub(in crate::boards) mod labels;
mod marks;
mod text;

pub(in crate::boards) use agent_text::contained;
pub(in crate::boards) use batch::{deliver, is_persons};
pub(in crate::boards) use delivered::Delivered;
pub(in crate::boards) use journal::Journal;
pub(in crate::boards) use marks::MarkForm;
pub(in crate::boards) use text::{TaskText, named_after};
