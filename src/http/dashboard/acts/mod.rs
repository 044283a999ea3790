//! What people do on the dashboard, an act a file: its form and its handler. Those on one task stand together. An act answers with where
//! to look next, or with a page that says what is wrong.

pub mod create_task;
pub mod end_stream;
pub mod key_change;
pub mod key_create;
mod key_form;
pub mod key_revoke;
pub mod key_rotate;
pub mod on_task;
pub(super) mod seen;
pub mod sign_in;
pub mod sign_out;
