//! GitHub: where it is, and whose a token is.

mod user;

pub use user::{Github, GithubError};
