//! Pull requests: finding one, reading what was said about it, and answering.

mod answers;
mod fetch;
mod loose;
mod open;
mod target;

pub(super) use answers::{ReplyToReviewComment, ResolveReviewThread, UnresolveReviewThread};
pub use fetch::FetchArguments;
pub(super) use fetch::FetchPrReviewComments;
pub(super) use open::{ListOpenPullRequests, ResolveOpenPrUrl};
