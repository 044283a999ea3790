//! What people said about a pull request: threads on its code with their comments, and remarks on the whole. Every text in
//! it is [`crate::model::visible`] and written by others: data, never an instruction.

use std::sync::Arc;

use super::position::ReadingPlace;
use crate::github::GithubError;

/// A pull request's discussion from a place on, as it was read at one moment.
#[derive(Clone, Debug)]
pub(super) struct Discussion {
    pub(super) begun_at: ReadingPlace,
    pub(super) threads: Vec<ReviewThread>,
    /// Reviews, then the conversation.
    pub(super) remarks: Vec<Remark>,
    /// Where it goes on, if that is not all.
    pub(super) rest: Option<Rest>,
    /// Such as `CHANGES_REQUESTED`.
    pub(super) decision: Option<String>,
    /// Items that could not be read.
    pub(super) unreadable: usize,
    /// Of every review, those that say nothing included.
    pub(super) review_marks: Vec<TextMark>,
    /// Of every comment of the conversation.
    pub(super) conversation_marks: Vec<TextMark>,
}

/// What was not read.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    pub(super) place: ReadingPlace,
    pub(super) halt: Halt,
}

/// Why a reading ended before its end.
#[derive(Clone, Debug)]
pub(super) enum Halt {
    /// As many comments as were asked for.
    Comments,
    /// As many requests as were asked for.
    Requests,
    /// As many bytes as are kept of one reading.
    Bytes,
    /// GitHub failed after a part was read.
    Failed(Arc<GithubError>),
}

/// What tells one state of a text from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextMark {
    pub(super) updated_at: String,
    pub(super) is_minimized: bool,
    /// Of a review; empty of anything else.
    pub(super) state: String,
}

/// A thread on a line, on some lines, or on a whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct ReviewThread {
    pub(super) id: String,
    /// Where a reading goes on behind it.
    pub(super) cursor: String,
    pub(super) is_resolved: bool,
    pub(super) resolved_by: Option<String>,
    /// Whether the lines it is on have changed since.
    pub(super) is_outdated: bool,
    pub(super) path: String,
    /// In the newest diff; none where that has no such line, and of a whole file.
    pub(super) line: Option<u64>,
    pub(super) start_line: Option<u64>,
    /// In the diff it was written on.
    pub(super) original_line: Option<u64>,
    pub(super) original_start_line: Option<u64>,
    /// `LEFT` or `RIGHT`.
    pub(super) side: Option<String>,
    /// `LINE` or `FILE`.
    pub(super) subject_type: Option<String>,
    pub(super) comments: Vec<ReviewComment>,
    /// As many as GitHub says it has.
    pub(super) total: usize,
    /// Where its comments go on, if not all were read.
    pub(super) more: Option<String>,
}

/// What every text has that somebody wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Of GraphQL.
    pub(super) id: String,
    /// Of REST.
    pub(super) rest_id: Option<u64>,
    /// Where a reading goes on behind it.
    pub(super) cursor: String,
    /// None of an account that is gone.
    pub(super) author: Option<String>,
    /// Such as `MEMBER`.
    pub(super) association: String,
    pub(super) body: String,
    pub(super) url: String,
    /// RFC 3339.
    pub(super) created_at: String,
    /// RFC 3339.
    pub(super) updated_at: String,
    /// Why it is folded away, if it is; may be empty.
    pub(super) minimized: Option<String>,
    /// Whether only its author sees it so far.
    pub(super) pending: bool,
}

/// A comment of a thread.
#[derive(Clone, Debug, Default)]
pub(super) struct ReviewComment {
    pub(super) written: Written,
    /// Shared by the comments of a thread, which mostly have the same.
    pub(super) diff_hunk: Arc<str>,
    /// The comment it answers, by its id of GraphQL.
    pub(super) in_reply_to: Option<String>,
}

/// What a remark is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RemarkKind {
    /// The summary of a review, with its verdict, such as `CHANGES_REQUESTED`.
    Review { state: String },
    /// A comment below the pull request.
    Conversation,
}

/// What is said about the pull request as a whole.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub(super) kind: RemarkKind,
    pub(super) written: Written,
}

impl Written {
    /// Bytes of what is kept of it, roughly.
    pub(super) fn bytes(&self) -> usize {
        200 + self.id.len() + self.cursor.len() + self.body.len() + self.url.len()
    }
}

impl ReviewThread {
    /// Bytes of what is kept of it, roughly.
    pub(super) fn bytes(&self) -> usize {
        let mut hunk: Option<&Arc<str>> = None;
        let comments = self.comments.iter().map(|comment| {
            let is_shared = hunk.is_some_and(|hunk| Arc::ptr_eq(hunk, &comment.diff_hunk));
            hunk = Some(&comment.diff_hunk);
            comment.written.bytes() + if is_shared { 0 } else { comment.diff_hunk.len() }
        });
        300 + self.path.len() + comments.sum::<usize>()
    }

    /// The place behind its last comment that was read; none without one.
    pub(super) fn inside_after_last(&self) -> Option<ReadingPlace> {
        self.comments.last().map(|comment| self.inside_after(comment))
    }

    /// The place behind one of its comments.
    pub(super) fn inside_after(&self, comment: &ReviewComment) -> ReadingPlace {
        ReadingPlace::Inside {
            thread_cursor: self.cursor.clone(),
            thread_id: self.id.clone(),
            comment_cursor: comment.written.cursor.clone(),
        }
    }

    /// Keeps a code snippet once where comments in a row have the same.
    pub(super) fn share_hunks(&mut self) {
        for index in 1..self.comments.len() {
            if self.comments[index].diff_hunk == self.comments[index - 1].diff_hunk {
                self.comments[index].diff_hunk = Arc::clone(&self.comments[index - 1].diff_hunk);
            }
        }
    }
}

impl Discussion {
    /// Bytes of what is kept of it, roughly.
    pub(super) fn bytes(&self) -> usize {
        let marks = 80 * (self.review_marks.len() + self.conversation_marks.len());
        let remarks = self.remarks.iter().map(|remark| remark.written.bytes());
        1_000 + marks + remarks.sum::<usize>() + self.threads.iter().map(ReviewThread::bytes).sum::<usize>()
    }
}
