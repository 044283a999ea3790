//! What a revision of the protocol asks of a message: its date, the `_meta` and headers of 2026-07-28, capabilities.

mod capabilities;
mod headers;
mod meta;
mod revision;

pub use headers::Headers;
pub use revision::Revision;

pub(super) use capabilities::Capabilities;
pub(super) use headers::{check as check_headers, check_arguments};
pub(super) use meta::{RequestMeta, check_version, is_stateless, progress_token, trace_parent};
