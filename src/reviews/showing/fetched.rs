//! A discussion, or as much of it as one answer takes.

use crate::reviews::PullRequestAddress;

/// In which form it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewOutput {
    /// Markdown.
    Markdown,
    /// A JSON array of items.
    Json,
    /// Both.
    Both,
}

impl ReviewOutput {
    /// Whether Markdown is wanted.
    pub(in crate::reviews) const fn is_markdown(self) -> bool {
        matches!(self, Self::Markdown | Self::Both)
    }

    /// Whether JSON is wanted.
    pub(in crate::reviews) const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Both)
    }
}

/// What a caller is given. Its texts are untrusted data.
#[derive(Debug)]
pub struct Fetched {
    /// The pull request.
    pub address: PullRequestAddress,
    /// A JSON array of items, if it was asked for.
    pub items: Option<String>,
    /// Markdown, if it was asked for.
    pub markdown: Option<String>,
    /// Threads in it.
    pub threads: usize,
    /// Comments, summaries of reviews and remarks in it.
    pub comments: usize,
    /// Threads and remarks that the filters left out.
    pub left_out: usize,
    /// Items of GitHub's that could not be read.
    pub unreadable: usize,
    /// Whether nothing follows.
    pub complete: bool,
    /// Leads to what follows.
    pub next_cursor: Option<String>,
    /// Why something follows.
    pub stopped_by: Option<String>,
    /// When GitHub answers again, if it said so.
    pub retry_after_seconds: Option<u64>,
    /// GitHub's verdict, such as `CHANGES_REQUESTED`.
    pub review_decision: Option<String>,
}
