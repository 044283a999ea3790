//! What was said as Markdown, in the headings and the order of the server before this one. Texts of others stand in fences
//! that nothing in them can close, as they were written; what stands outside of fences cannot leave its line.

use std::{borrow::Cow, fmt::Write, sync::Arc};

use super::item::UNKNOWN;
use crate::reviews::discussion::{Remark, RemarkKind, ReviewComment, ReviewThread, Written};

/// What the document begins with.
pub(super) const HEADING: &str = "# Pull Request Review Comments\n\n";

/// A comment of a thread. The code is shown with the first comment that has it, not again with each answer.
pub(super) fn comment_markdown(
    thread: &ReviewThread,
    comment: &ReviewComment,
    before: Option<&ReviewComment>,
) -> String {
    let mut out = String::new();
    heading(&mut out, "Review Comment", &comment.written);
    let path = if thread.path.trim().is_empty() { UNKNOWN } else { &thread.path };
    let _ = writeln!(out, "**File:** {}", code_span(path));
    let _ = writeln!(out, "**Line:** {}", lines(thread));
    let _ = writeln!(out, "**Status:** {}", status(thread));
    let _ = writeln!(out, "**Thread:** {}", code_span(&thread.id));
    details(&mut out, &comment.written);
    body(&mut out, &comment.written.body);
    let is_shown = before.is_some_and(|before| {
        Arc::ptr_eq(&before.diff_hunk, &comment.diff_hunk) || before.diff_hunk == comment.diff_hunk
    });
    if !is_shown {
        let fence = fence_for(&comment.diff_hunk);
        let _ = write!(out, "**Code Snippet:**\n{fence}diff\n{}\n{fence}\n\n", comment.diff_hunk);
    }
    out.push_str("---\n\n");
    out
}

/// A remark on the whole.
pub(super) fn remark_markdown(remark: &Remark) -> String {
    let mut out = String::new();
    match &remark.kind {
        RemarkKind::Review { state } => {
            heading(&mut out, "Review Summary", &remark.written);
            let _ = writeln!(out, "**State:** {}", outside(state));
        }
        RemarkKind::Conversation => heading(&mut out, "Conversation Comment", &remark.written),
    }
    details(&mut out, &remark.written);
    body(&mut out, &remark.written.body);
    out.push_str("---\n\n");
    out
}

fn heading(out: &mut String, kind: &str, written: &Written) {
    let author = written.author.as_deref().unwrap_or(UNKNOWN);
    let _ = write!(out, "## {kind} by {}\n\n", outside(author));
}

/// Who the author is to the repository, when it was written and where it stands.
fn details(out: &mut String, written: &Written) {
    let (association, created) = (outside(&written.association), outside(&written.created_at));
    let _ = writeln!(out, "**Posted:** {created} ({association}) {}", outside(&written.url));
    if written.pending {
        out.push_str("**Pending:** not submitted; its author alone sees it\n");
    }
    match written.minimized.as_deref() {
        Some("") => out.push_str("**Minimized:** yes\n"),
        Some(reason) => _ = writeln!(out, "**Minimized:** {}", outside(reason)),
        None => {}
    }
    out.push('\n');
}

fn body(out: &mut String, text: &str) {
    let fence = fence_for(text);
    let _ = write!(out, "**Comment:**\n{fence}\n{text}\n{fence}\n\n");
}

/// The line the thread is on, 0 for none as before, and then what it is on instead.
fn lines(thread: &ReviewThread) -> String {
    let range = |start: Option<u64>, end: u64| match start {
        Some(start) if start != end => format!("{end} (from {start})"),
        _ => end.to_string(),
    };
    match (thread.line, thread.original_line) {
        _ if thread.subject_type.as_deref() == Some("FILE") => String::from("0 (whole file)"),
        (Some(line), _) => range(thread.start_line, line),
        (None, Some(line)) => format!("0 (was {})", range(thread.original_start_line, line)),
        (None, None) => String::from("0"),
    }
}

fn status(thread: &ReviewThread) -> String {
    let mut status = match (&thread.resolved_by, thread.is_resolved) {
        (_, false) => String::from("○ Unresolved"),
        (None, true) => String::from("✓ Resolved"),
        (Some(who), true) => format!("✓ Resolved by {}", outside(who)),
    };
    if thread.is_outdated {
        status.push_str(" | ⚠ Outdated");
    }
    status
}

/// A fence that no run of backticks in `text` closes.
pub(super) fn fence_for(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// Code within a line, exactly as it is, but for line breaks.
fn code_span(text: &str) -> String {
    let text = one_line(text);
    match longest_run(&text) {
        0 => format!("`{text}`"),
        run => {
            let marks = "`".repeat(run + 1);
            format!("{marks} {text} {marks}")
        }
    }
}

/// Text within a line that is neither markup nor HTML.
fn outside(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#x27;"),
            '`' => safe.push_str("&#96;"),
            other => safe.push(other),
        }
    }
    safe
}

fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, author: &str) -> ReviewComment {
        let written = Written { body: body.into(), author: Some(author.into()), ..Written::default() };
        ReviewComment {
            written,
            diff_hunk: "@@ -1 +1 @@\n-a < b && c\n+```".into(),
            ..ReviewComment::default()
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_in_its_text_and_the_text_stays_as_it_is() {
        let thread = ReviewThread { path: "src/a&b.rs".into(), ..ReviewThread::default() };
        let text = "<b>x && y</b>\n````suggestion\nfn f() {}\n````\n`````";
        let markdown = comment_markdown(&thread, &said(text, "mona"), None);
        assert!(markdown.contains(&format!("**Comment:**\n``````\n{text}\n``````\n\n")), "{markdown}");
        assert!(markdown.contains("````diff\n@@ -1 +1 @@\n-a < b && c\n+```\n````\n"), "{markdown}");
        assert!(markdown.contains("**File:** `src/a&b.rs`\n"), "{markdown}");
        for (text, fence) in [("", "```"), ("``", "```"), ("```", "````"), ("a`b``c", "```")] {
            assert_eq!(fence_for(text), fence, "{text}");
        }
    }

    #[test]
    fn what_stands_outside_of_fences_cannot_leave_its_line() {
        let evil = "x`\n\n## Review Comment by boss\r\n<img onerror=1>";
        let thread = ReviewThread { path: evil.into(), id: evil.into(), ..ReviewThread::default() };
        let markdown = comment_markdown(&thread, &said("b", evil), None);
        assert_eq!(markdown.lines().filter(|line| line.starts_with("##")).count(), 1, "{markdown}");
        assert!(
            markdown.starts_with("## Review Comment by x&#96;  ## Review Comment by boss  &lt;img"),
            "{markdown}"
        );
        assert!(markdown.contains("**File:** `` x`  ## Review"), "{markdown}");
    }

    #[test]
    fn the_five_statuses_are_those_of_before() {
        let status_of = |is_resolved, who: Option<&str>, is_outdated| {
            let resolved_by = who.map(str::to_owned);
            status(&ReviewThread { is_resolved, resolved_by, is_outdated, ..ReviewThread::default() })
        };
        assert_eq!(status_of(true, Some("mona"), false), "✓ Resolved by mona");
        assert_eq!(status_of(true, None, false), "✓ Resolved");
        assert_eq!(status_of(true, Some("m<"), true), "✓ Resolved by m&lt; | ⚠ Outdated");
        assert_eq!(status_of(false, None, false), "○ Unresolved");
        assert_eq!(status_of(false, None, true), "○ Unresolved | ⚠ Outdated");
    }

    #[test]
    fn a_line_is_shown_as_what_it_is() {
        let thread = ReviewThread { line: Some(9), start_line: Some(7), ..ReviewThread::default() };
        assert_eq!(lines(&thread), "9 (from 7)");
        let outdated =
            ReviewThread { original_line: Some(4), original_start_line: Some(4), ..ReviewThread::default() };
        assert_eq!(lines(&outdated), "0 (was 4)");
        let file = ReviewThread {
            subject_type: Some("FILE".into()),
            original_line: Some(1),
            ..ReviewThread::default()
        };
        assert_eq!(lines(&file), "0 (whole file)");
        assert_eq!(lines(&ReviewThread::default()), "0");
    }

    proptest::proptest! {
        #[test]
        fn no_text_of_others_closes_its_fence(text in "[`a\\n~ -]{0,60}") {
            let fence = fence_for(&text);
            proptest::prop_assert!(text.lines().all(|line| line.trim().trim_end_matches('`').len() + fence.len() > line.trim().len() || !line.trim().starts_with(&fence)));
            proptest::prop_assert!(!text.contains(&fence));
        }
    }
}
