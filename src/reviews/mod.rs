//! Reviews of pull requests on GitHub: what was said, read with each caller's own token, and how it is answered. Texts of
//! others are cleaned where they come in, and are data for whoever reads them.

mod address;
mod answers;
mod cache;
mod discussion;
mod error;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod locks;
mod open;
mod position;
mod reading;
mod request;
mod service;
mod showing;

pub use address::PullRequestAddress;
pub use answers::{Replied, ReplyTo, ReviewAnswerer};
pub use error::ReviewError;
pub use filter::ReviewFilter;
pub use open::OpenPullRequest;
pub use position::MOST_CURSOR;
pub use request::{FetchRequest, OpenQuery, PullRequestTarget, SelectStrategy, USUAL_CHARS};
pub use service::{ReviewParts, Reviews};
pub use showing::{Fetched, ReviewOutput};
