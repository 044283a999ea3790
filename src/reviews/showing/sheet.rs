//! One answer: threads and remarks in order, from a place on, until the next would be too much. It ends at a thread's end,
//! and has at least one comment, so that a reader always gets on.

use std::{fmt::Write, sync::Arc};

use super::{
    Fetched, ReviewOutput,
    item::{comment_json, remark_json},
    markdown::{HEADING, comment_markdown, remark_markdown},
};
use crate::reviews::{
    PullRequestAddress, ReviewError, ReviewFilter,
    discussion::{Discussion, Halt, Remark, RemarkKind, ReviewThread},
    position::{Bookmark, ReadingPlace},
};

/// What is to be shown of a discussion.
pub(in crate::reviews) struct Showing<'a> {
    pub(in crate::reviews) address: &'a PullRequestAddress,
    pub(in crate::reviews) filter: &'a ReviewFilter,
    pub(in crate::reviews) output: ReviewOutput,
    /// Characters at most, of all forms together.
    pub(in crate::reviews) most_chars: usize,
    pub(in crate::reviews) from: &'a ReadingPlace,
}

/// What fits so far.
struct Sheet {
    output: ReviewOutput,
    items: String,
    markdown: String,
    chars_left: usize,
    threads: usize,
    comments: usize,
    left_out: usize,
}

/// One comment or remark in the forms that are wanted.
struct Piece {
    json: String,
    markdown: String,
    chars: usize,
}

/// Shows what a discussion has from a place on; none if it does not have that place.
pub(in crate::reviews) fn show(showing: &Showing<'_>, discussion: &Discussion) -> Option<Fetched> {
    let begin = locate(discussion, showing.from)?;
    let mut sheet = Sheet::new(showing);
    let stopped_at = sheet.fill(showing, discussion, &begin);
    Some(sheet.into_fetched(showing, discussion, stopped_at))
}

/// A place of a discussion, by index.
struct PlaceIndex {
    thread: usize,
    comment: usize,
    remark: usize,
}

/// Where in the discussion a place is, if it is there.
fn locate(discussion: &Discussion, place: &ReadingPlace) -> Option<PlaceIndex> {
    let (threads, remarks) = (&discussion.threads, &discussion.remarks);
    let at = |thread, comment, remark| Some(PlaceIndex { thread, comment, remark });
    if *place == discussion.begun_at {
        return at(0, 0, 0);
    }
    let kind_begins =
        |is_kind: fn(&RemarkKind) -> bool| remarks.iter().position(|remark| is_kind(&remark.kind));
    let is_talk = |kind: &RemarkKind| *kind == RemarkKind::Conversation;
    let talk = kind_begins(is_talk).unwrap_or(remarks.len());
    let behind = |cursor: &str, range: std::ops::Range<usize>| {
        let remark = range.clone().find(|index| remarks[*index].written.cursor == cursor)?;
        at(threads.len(), 0, remark + 1)
    };
    match place {
        ReadingPlace::Threads(None) => None,
        ReadingPlace::Threads(Some(cursor)) => {
            let thread = threads.iter().position(|thread| thread.cursor == *cursor)?;
            at(thread + 1, 0, 0)
        }
        ReadingPlace::Inside { thread_id, comment_cursor, .. } => {
            let thread = threads.iter().position(|thread| thread.id == *thread_id)?;
            let comments = &threads[thread].comments;
            let comment = comments.iter().position(|comment| comment.written.cursor == *comment_cursor)?;
            at(thread, comment + 1, 0)
        }
        _ if discussion.rest.is_some() => None,
        ReadingPlace::Reviews(None) => at(threads.len(), 0, 0),
        ReadingPlace::Reviews(Some(cursor)) => behind(cursor, 0..talk),
        ReadingPlace::Conversation(None) => at(threads.len(), 0, talk),
        ReadingPlace::Conversation(Some(cursor)) => behind(cursor, talk..remarks.len()),
    }
}

impl Sheet {
    fn new(showing: &Showing<'_>) -> Self {
        Self {
            output: showing.output,
            items: String::from("["),
            markdown: String::from(HEADING),
            chars_left: showing.most_chars,
            threads: 0,
            comments: 0,
            left_out: 0,
        }
    }

    /// Takes in as much as fits; where it stopped, if it did.
    fn fill(
        &mut self,
        showing: &Showing<'_>,
        discussion: &Discussion,
        begin: &PlaceIndex,
    ) -> Option<ReadingPlace> {
        let mut place = showing.from.clone();
        let mut first_comment = begin.comment;
        for thread in &discussion.threads[begin.thread.min(discussion.threads.len())..] {
            let skipped = std::mem::take(&mut first_comment);
            if thread.comments.len() > skipped && showing.filter.shows_thread(thread) {
                if let Some(shown) = self.take_thread(thread, skipped) {
                    return Some(if shown == 0 {
                        place
                    } else {
                        thread.inside_after(&thread.comments[skipped + shown - 1])
                    });
                }
            } else if !thread.comments.is_empty() {
                self.left_out += 1;
            }
            place = ReadingPlace::Threads(Some(thread.cursor.clone()));
        }
        let remarks = &discussion.remarks[begin.remark.min(discussion.remarks.len())..];
        for (index, remark) in remarks.iter().enumerate() {
            if !showing.filter.shows_remark(remark) {
                self.left_out += 1;
            } else if !self.take_remark(remark) {
                let before = index.checked_sub(1).map(|before| &remarks[before]);
                return Some(before_remark(remark, before, showing.from));
            }
        }
        None
    }

    /// Takes in a thread whole; else how many of its comments it took, which is none when other threads came before.
    fn take_thread(&mut self, thread: &ReviewThread, skipped: usize) -> Option<usize> {
        let pieces: Vec<_> = (skipped..thread.comments.len())
            .map(|index| {
                let before = (index > skipped).then(|| &thread.comments[index - 1]);
                self.piece(
                    || comment_json(thread, &thread.comments[index]),
                    || comment_markdown(thread, &thread.comments[index], before),
                )
            })
            .collect();
        let all = pieces.len();
        let fits = pieces.iter().map(|piece| piece.chars).sum::<usize>() <= self.chars_left;
        if !fits && self.comments > 0 {
            return Some(0);
        }
        let mut taken = 0;
        for piece in pieces {
            if taken > 0 && piece.chars > self.chars_left {
                break;
            }
            self.take(piece);
            taken += 1;
        }
        self.threads += 1;
        (taken < all).then_some(taken)
    }

    fn take_remark(&mut self, remark: &Remark) -> bool {
        let piece = self.piece(|| remark_json(remark), || remark_markdown(remark));
        let fits = self.comments == 0 || piece.chars <= self.chars_left;
        if fits {
            self.take(piece);
        }
        fits
    }

    fn piece(&self, json: impl FnOnce() -> String, markdown: impl FnOnce() -> String) -> Piece {
        let json = if self.output.is_json() { json() } else { String::new() };
        let markdown = if self.output.is_markdown() { markdown() } else { String::new() };
        Piece { chars: json.chars().count() + markdown.chars().count(), json, markdown }
    }

    fn take(&mut self, piece: Piece) {
        if self.comments > 0 && self.output.is_json() {
            self.items.push(',');
        }
        self.items.push_str(&piece.json);
        self.markdown.push_str(&piece.markdown);
        self.chars_left = self.chars_left.saturating_sub(piece.chars + 1);
        self.comments += 1;
    }

    fn into_fetched(
        mut self,
        showing: &Showing<'_>,
        discussion: &Discussion,
        stopped_at: Option<ReadingPlace>,
    ) -> Fetched {
        let bookmark = |place: &ReadingPlace, begun_at: &ReadingPlace| Bookmark {
            place: place.clone(),
            begun_at: begun_at.clone(),
        };
        let (bookmark, halt) = match (&stopped_at, &discussion.rest) {
            (Some(place), _) => (Some(bookmark(place, &discussion.begun_at)), None),
            (None, Some(rest)) => (Some(bookmark(&rest.place, &rest.place)), Some(&rest.halt)),
            (None, None) => (None, None),
        };
        let failure = match halt {
            Some(Halt::Failed(error)) => Some(ReviewError::Github(Arc::clone(error))),
            _ => None,
        };
        let stopped_by = bookmark.as_ref().map(|_| match halt {
            None => String::from("max_chars"),
            Some(Halt::Comments) => String::from("max_comments"),
            Some(Halt::Requests) => String::from("max_pages"),
            Some(Halt::Bytes) => String::from("16 MiB of text"),
            Some(Halt::Failed(_)) => failure.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
        self.items.push(']');
        self.end_markdown(bookmark.is_some(), *showing.from != ReadingPlace::START);
        Fetched {
            address: showing.address.clone(),
            items: self.output.is_json().then_some(self.items),
            markdown: self.output.is_markdown().then_some(self.markdown),
            threads: self.threads,
            comments: self.comments,
            left_out: self.left_out,
            unreadable: discussion.unreadable,
            complete: bookmark.is_none() && discussion.unreadable == 0,
            next_cursor: bookmark.map(|bookmark| bookmark.to_cursor(showing.address)),
            stopped_by,
            retry_after_seconds: failure.and_then(|error| error.retry_after_seconds()),
            review_decision: discussion.decision.clone(),
        }
    }

    /// Says in words what no comment says: that there is none, and why, or that more follow.
    fn end_markdown(&mut self, has_more: bool, is_later: bool) {
        let end = match (self.comments, self.left_out, has_more) {
            (0, 0, false) if is_later => "No further comments.\n",
            (0, 0, false) => "No comments found.\n",
            (0, left_out, false) => {
                let _ = writeln!(self.markdown, "No comments match the filters, which leave out {left_out}.");
                ""
            }
            (0, _, true) => {
                "None of the comments read so far match. More follow: go on with `next_cursor`.\n"
            }
            (_, _, true) => "More comments follow: go on with `next_cursor`.\n",
            (_, _, false) => "",
        };
        self.markdown.push_str(end);
    }
}

/// The place before a remark that did not fit.
fn before_remark(remark: &Remark, before: Option<&Remark>, from: &ReadingPlace) -> ReadingPlace {
    let cursor =
        before.filter(|before| same_kind(before, remark)).map(|before| before.written.cursor.clone());
    match (&remark.kind, from) {
        (RemarkKind::Review { .. }, ReadingPlace::Reviews(_))
        | (RemarkKind::Conversation, ReadingPlace::Conversation(_))
            if before.is_none() =>
        {
            from.clone()
        }
        (RemarkKind::Review { .. }, _) => ReadingPlace::Reviews(cursor),
        (RemarkKind::Conversation, _) => ReadingPlace::Conversation(cursor),
    }
}

fn same_kind(one: &Remark, other: &Remark) -> bool {
    std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind)
}
