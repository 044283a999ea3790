//! What a caller asks for: which pull request, and how much of what was said about it.

use super::{ReviewFilter, ReviewOutput};

/// Characters of an answer over MCP unless the caller says otherwise.
pub const USUAL_CHARS: usize = 60_000;

/// Which pull request is meant.
#[derive(Clone, Debug)]
pub enum PullRequestTarget {
    /// The one of a URL.
    Url(String),
    /// An open one of a repository.
    Open(OpenQuery),
}

/// Which open pull request of a repository is meant.
#[derive(Clone, Debug)]
pub struct OpenQuery {
    /// The GitHub; the configured one without.
    pub host: Option<String>,
    /// Who the repository belongs to.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The branch it comes from; `owner:branch` for one of a fork.
    pub branch: Option<String>,
    /// Which, if there are several.
    pub strategy: SelectStrategy,
}

/// How one of several is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectStrategy {
    /// The one of the branch.
    Branch,
    /// The one that changed last.
    Latest,
    /// The one with the smallest number.
    First,
    /// The one of the branch, and no choice among several.
    Error,
}

/// What is read and shown of a discussion.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// Which pull request.
    pub target: PullRequestTarget,
    /// In which form.
    pub output: ReviewOutput,
    /// Threads of a page.
    pub per_page: u32,
    /// Requests at most.
    pub max_pages: u32,
    /// Comments at most.
    pub max_comments: u32,
    /// How often a request is tried again.
    pub max_retries: u32,
    /// Characters at most, of all forms together.
    pub max_chars: usize,
    /// Whether comments below the pull request are read too.
    pub include_conversation: bool,
    /// What is shown.
    pub filter: ReviewFilter,
    /// Where to go on.
    pub cursor: Option<String>,
}
